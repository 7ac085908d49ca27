// A text for one line of a log, whatever bytes it holds.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace shorthop {

/// Every byte that is not printable ASCII as \\xHH, cut at `limit` bytes. Unlike printable() it leaves backslashes
/// alone: what went through printable() already does not change.
inline std::string one_line(std::string_view text, std::size_t limit = 8192) {
  constexpr auto is_plain = [](char c) { return c >= 0x20 && c < 0x7f; };
  if (text.size() <= limit && std::ranges::all_of(text, is_plain)) return std::string(text);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string line;
  line.reserve(text.size());
  for (const char c : text.substr(0, limit)) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain(c))
      line += c;
    else
      line += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
  }
  if (text.size() > limit) line += "...";
  return line;
}

}  // namespace shorthop
