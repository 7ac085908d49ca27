// Makes arbitrary bytes safe for one line of a log or terminal: no line end, no escape sequence.
#pragma once

#include <string>
#include <string_view>

#include "text/ascii.h"

namespace shorthop {

/// Whether a text needs no change.
inline bool is_one_line(std::string_view text, std::size_t limit) {
  return text.size() <= limit && printable_prefix(text) == text.size();
}

/// Writes every byte that is not printable ASCII as \xHH; cut at `limit` bytes. Unlike printable() it does not change
/// backslashes, so the output of printable() stays the same.
inline std::string one_line(std::string_view text, std::size_t limit = 8192) {
  if (is_one_line(text, limit)) return std::string(text);
  std::string line;
  line.reserve(text.size());
  for (const char c : text.substr(0, limit)) {
    if (c >= 0x20 && c < 0x7f) {
      line += c;
    } else {
      append_hexadecimal(line += "\\x", static_cast<unsigned char>(c));
    }
  }
  if (text.size() > limit) line += "...";
  return line;
}

/// The same for a text of several lines: line ends and tabs are kept.
inline void append_lines(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t printable = printable_prefix(text);
    out.append(text.substr(0, printable));
    text.remove_prefix(printable);
    if (text.empty()) return;
    if (text.front() == '\n' || text.front() == '\t') {
      out += text.front();
    } else {
      append_hexadecimal(out += "\\x", static_cast<unsigned char>(text.front()));
    }
    text.remove_prefix(1);
  }
}

}  // namespace shorthop
