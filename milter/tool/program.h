// The tool from its command line to its exit status; main() adds what only a process has.
#pragma once

#include <string>
#include <vector>

#include "tool/subcommand.h"

namespace shorthop::tool {

/// `words` are those after the program's name. The result is the exit status (sysexits.h); all output is flushed.
int run_program(const std::vector<std::string>& words, Streams& streams);

}  // namespace shorthop::tool
