// Finds the daemon's control socket. Only this setting is read: errors in others are for the daemon to report, and must
// not prevent asking it for its status.
#pragma once

#include <expected>
#include <string>

#include "system/endpoint.h"
#include "text/diagnostic.h"

namespace shorthop::tool {

/// The value of `control` in the main settings file; an error with its place if there is none.
std::expected<Endpoint, Diagnostic> control_socket(const std::string& config);

}  // namespace shorthop::tool
