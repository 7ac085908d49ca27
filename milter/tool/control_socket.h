// Where the running daemon is asked. Of all settings only this one is read: what is wrong with the others is for the
// daemon to say, and no reason not to ask it how it is.
#pragma once

#include <expected>
#include <string>

#include "system/endpoint.h"
#include "text/diagnostic.h"

namespace shorthop::tool {

/// The value of `control` in the main settings file; an error with its place if there is none.
std::expected<Endpoint, Diagnostic> control_socket(const std::string& config);

}  // namespace shorthop::tool
