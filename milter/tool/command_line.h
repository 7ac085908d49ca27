// Parses the command line: subcommand, options, arguments. Opens no file and prints no text.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "tool/subcommand.h"

namespace shorthop::tool {

/// An error in the command line. If a word is misspelt, `what` suggests the nearest valid word.
struct UsageError {
  std::string what;
  const Subcommand* subcommand = nullptr;  ///< the fix names its --help; null: the general --help
};

struct CommandLine {
  enum class Wanted : unsigned char { help, version, run };
  Wanted wanted = Wanted::run;
  const Subcommand* subcommand = nullptr;  ///< null if only `help` or `version` is given
  Invocation invocation;
};

/// `words` excludes the program's name.
std::expected<CommandLine, UsageError> parse_command_line(const std::vector<std::string>& words);

}  // namespace shorthop::tool
