// The command line of shorthopd.
#pragma once

#include <expected>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace shorthop {

struct Options {
  std::filesystem::path config = "/etc/shorthop/shorthop.conf";
  bool help = false;
  bool version = false;
};

/// A row of --help and of the manual page.
struct OptionRow {
  std::string_view name;      ///< without "--"
  std::string_view argument;  ///< empty: it takes none
  std::string_view meaning;
};
struct ExitRow {
  int status;  ///< sysexits.h
  std::string_view meaning;
};
std::span<const OptionRow> option_rows();
std::span<const ExitRow> exit_rows();

/// What was asked for, or a sentence that says what is wrong.
std::expected<Options, std::string> parse_options(int argc, const char* const* argv);

std::string help_text();
std::string version_text();

}  // namespace shorthop
