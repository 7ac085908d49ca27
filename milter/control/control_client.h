// The tool's end of the control socket: one request, one answer, all waits bounded.
#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>

#include "control/control_protocol.h"
#include "system/endpoint.h"

namespace shorthop {

/// Why there is no answer.
struct NoAnswer {
  std::string what;  ///< a sentence
  std::string fix;
  bool is_silent = false;  ///< a process listens at the socket, but gave no complete answer
  bool is_gone = false;    ///< no process listens at the socket

  std::string text() const { return what + " (fix: " + fix + ")"; }
};

/// Sends the request (a line without its end) to the daemon at "unix:/path".
std::expected<control::Answer, NoAnswer> ask_daemon(const Endpoint& control, std::string_view request,
                                                    std::chrono::milliseconds max_reply_time);

}  // namespace shorthop
