// A subcommand: its function, and the row that --help, "did you mean" and the parser read.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/by_name.h"
#include "text/help_rows.h"
#include "tool/output.h"

namespace shorthop::tool {

/// The program's standard input, output and error; a test passes its own.
struct Streams {
  int input;
  Output& output;
  Output& errors;
};

/// The parsed command line, checked against the rows.
struct Invocation {
  std::string config;  ///< the main settings file
  TextByName options;  ///< those given, with their values
  std::vector<std::string> arguments;

  bool has(std::string_view option) const { return options.contains(option); }
  /// The value of an option; null if the option is not given.
  const std::string* value(std::string_view option) const { return find_value(options, option); }
};

struct Subcommand {
  static constexpr std::size_t any_number = static_cast<std::size_t>(-1);

  std::string_view name;
  std::string_view arguments;  ///< the arguments in the help text; empty: it takes none
  std::string_view meaning;    ///< one line
  std::string_view details;    ///< further text for --help, lines of at most 100 characters; may be empty
  std::size_t min_arguments = 0;
  std::size_t max_arguments = 0;
  std::span<const OptionRow> options;  ///< in addition to the common ones
  std::span<const ExitRow> exits;      ///< in addition to 0 and 64
  int (*run)(const Invocation& invocation, Streams& streams) = nullptr;
};

/// Every subcommand, in the order of --help.
std::span<const Subcommand> subcommands();
/// The options accepted before or after any subcommand.
std::span<const OptionRow> common_options();

inline constexpr std::string_view default_config = "/etc/shorthop/shorthop.conf";

}  // namespace shorthop::tool
