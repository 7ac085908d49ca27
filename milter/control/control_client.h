// The tool's end of the control socket: one request, one answer, all waits bounded.
#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>

#include "control/control_protocol.h"
#include "system/endpoint.h"

namespace shorthop {

/// Sends the request (a line without its end) to the daemon at "unix:/path". An error is a sentence with the fix.
std::expected<control::Answer, std::string> ask_daemon(const Endpoint& control, std::string_view request,
                                                       std::chrono::milliseconds max_reply_time);

}  // namespace shorthop
