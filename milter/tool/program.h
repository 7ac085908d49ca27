// The tool from its command line to its exit status; main() adds the process-wide setup.
#pragma once

#include <string>
#include <vector>

#include "tool/subcommand.h"

namespace shorthop::tool {

/// `words` excludes the program's name. Returns the exit status (sysexits.h); all output is flushed.
int run_program(const std::vector<std::string>& words, Streams& streams);

}  // namespace shorthop::tool
