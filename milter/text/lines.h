// The lines of a text.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

namespace shorthop {

/// The lines, without line ends. Text after the last line end is a line too, unless it is empty.
inline std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    lines.push_back(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(lines.back().size() + 1, text.size()));
  }
  return lines;
}

/// The line without the carriage return of a line end CR LF.
inline std::string_view without_cr(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace shorthop
