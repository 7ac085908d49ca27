// The syntax of settings files, for any settings: "key = value" lines, comments, continuation lines. Not
// Boost.Program_options: its parser does not report lines, and an error must name its line. No I/O.
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

/// '#' begins a comment at the start of a line or after white space. A line that starts with white space continues the
/// previous one. CR LF is a line end too. All problems are reported. The readable part is still returned, each key once
/// (a duplicate is an error that names the line of the first).
std::vector<Assignment> read_assignments(std::string_view text, std::string_view file, Diagnostics& problems);

}  // namespace shorthop
