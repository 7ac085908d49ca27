// For subcommands that ask the running daemon: finds its socket in the settings, asks, prints the answer.
#pragma once

#include <chrono>
#include <string_view>

#include "tool/subcommand.h"

namespace shorthop::tool {

/// Returns the daemon's exit status, or 75 if it does not answer.
int ask_and_print(const Invocation& invocation, std::string_view request, std::chrono::seconds max_reply_time,
                  Streams& streams);

}  // namespace shorthop::tool
