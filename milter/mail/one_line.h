// A text for one line of a log or of a terminal, whatever bytes it holds: no second line, no escape sequence.
#pragma once

#include <string>
#include <string_view>

#include "mail/ascii.h"

namespace shorthop {

/// Whether a text may stand in a line as it is.
inline bool is_one_line(std::string_view text, std::size_t limit) {
  return text.size() <= limit && printable_prefix(text) == text.size();
}

/// Every byte that is not printable ASCII as \\xHH, cut at `limit` bytes. Unlike printable() it leaves backslashes
/// alone: what went through printable() already does not change.
inline std::string one_line(std::string_view text, std::size_t limit = 8192) {
  if (is_one_line(text, limit)) return std::string(text);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string line;
  line.reserve(text.size());
  for (const char c : text.substr(0, limit)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c >= 0x20 && c < 0x7f)
      line += c;
    else
      line += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
  }
  if (text.size() > limit) line += "...";
  return line;
}

}  // namespace shorthop
