// Parses the command line: subcommand, options, arguments. Opens and prints nothing.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "tool/subcommand.h"

namespace shorthop::tool {

/// What is wrong with the words: a sentence with the fix.
struct UsageError {
  std::string what;
  const Subcommand* subcommand = nullptr;  ///< whose help to suggest; null: the program's
};

struct CommandLine {
  enum class Wanted : unsigned char { help, version, run };
  Wanted wanted = Wanted::run;
  const Subcommand* subcommand = nullptr;  ///< null with `help` or `version` alone
  Invocation invocation;
};

/// `words` excludes the program's name.
std::expected<CommandLine, UsageError> parse_command_line(const std::vector<std::string>& words);

}  // namespace shorthop::tool
