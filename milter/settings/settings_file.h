// The form of a settings file, whatever the settings are: "key = value" lines, comments, continuation lines.
// Not Boost.Program_options: its parser knows no lines, and an error must name its place. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/diagnostic.h"

namespace shorthop {

struct Assignment {
  std::string key;
  std::string value;  ///< trimmed; continuation lines joined by one space; without comments
  std::uint32_t line = 0;
};

/// '#' begins a comment at the start of a line or after white space; a line that starts with white space continues
/// the one before; CR LF ends a line too. All problems are reported; what can be read is returned all the same, each
/// key once (a second one is an error that names the line of the first).
std::vector<Assignment> read_assignments(std::string_view text, std::string_view file, Diagnostics& problems);

}  // namespace shorthop
