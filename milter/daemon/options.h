// The command line of shorthopd.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

namespace shorthop {

struct Options {
  std::filesystem::path config = "/etc/shorthop/shorthop.conf";
  bool help = false;
  bool version = false;
};

/// What was asked for, or a sentence that says what is wrong.
std::expected<Options, std::string> parse_options(int argc, const char* const* argv);

std::string help_text();
std::string version_text();

}  // namespace shorthop
