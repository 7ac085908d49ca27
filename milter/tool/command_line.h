// The words of the command line: which subcommand, which options, which arguments. Nothing is opened or printed here.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "tool/subcommand.h"

namespace shorthop::tool {

/// What is wrong with the words: a sentence with the fix.
struct UsageError {
  std::string what;
  const Subcommand* subcommand = nullptr;  ///< whose help is the one to read; null: the program's
};

struct CommandLine {
  enum class Wanted : unsigned char { help, version, run };
  Wanted wanted = Wanted::run;
  const Subcommand* subcommand = nullptr;  ///< null with `help` and `version` alone
  Invocation invocation;
};

/// `words` are those after the program's name.
std::expected<CommandLine, UsageError> parse_command_line(const std::vector<std::string>& words);

}  // namespace shorthop::tool
