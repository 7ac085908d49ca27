// The rows that --help, the manual pages and completions are made from, and the columns in which --help prints them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shorthop {

struct OptionRow {
  std::string_view name;      ///< without "--"
  std::string_view argument;  ///< the name of the value in help; empty: the option takes no value
  std::string_view meaning;
  bool is_required = false;  ///< the usage line shows the option without brackets
};

struct ExitRow {
  int status;  ///< sysexits.h
  std::string_view meaning;
};

using HelpRows = std::vector<std::pair<std::string, std::string_view>>;

/// "WORD ARGUMENT", or the word alone.
std::string with_argument(std::string_view word, std::string_view argument);

void append_options(HelpRows& rows, std::span<const OptionRow> options);
void append_exits(HelpRows& rows, std::span<const ExitRow> exits);

/// Two columns; the left one is as wide as its longest word.
std::string columns_of(const HelpRows& rows);

}  // namespace shorthop
