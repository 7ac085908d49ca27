// A subcommand that is a question to the running daemon: finds its socket in the settings, asks, prints the reply.
#pragma once

#include <chrono>
#include <string_view>

#include "tool/subcommand.h"

namespace shorthop::tool {

/// The exit status is the daemon's, or 75 if it does not answer.
int ask_and_print(const Invocation& invocation, std::string_view request, std::chrono::seconds max_reply_time,
                  Streams& streams);

}  // namespace shorthop::tool
