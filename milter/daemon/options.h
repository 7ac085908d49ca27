// The command line of shorthopd.
#pragma once

#include <expected>
#include <filesystem>
#include <span>
#include <string>

#include "text/help_rows.h"

namespace shorthop {

struct Options {
  std::filesystem::path config = "/etc/shorthop/shorthop.conf";
  bool help = false;
  bool version = false;
};

std::span<const OptionRow> option_rows();
std::span<const ExitRow> exit_rows();

/// The options, or a sentence that says what is wrong.
std::expected<Options, std::string> parse_options(int argc, const char* const* argv);

std::string help_text();
std::string version_text();

}  // namespace shorthop
