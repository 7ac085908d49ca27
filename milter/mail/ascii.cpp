#include "mail/ascii.h"

namespace shorthop {

std::string printable(std::string_view text, std::size_t limit) {
  constexpr std::string_view digits = "0123456789abcdef";
  const std::string_view shown = text.substr(0, limit);
  const auto is_plain = [](char c) { return c >= 0x20 && c < 0x7f && c != '\\'; };
  // Nearly always that is all of it.
  std::string result(shown.begin(), std::ranges::find_if_not(shown, is_plain));
  for (const char c : shown.substr(result.size())) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain(c)) {
      result += c;
    } else if (c == '\\') {
      result += "\\\\";
    } else {
      result += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    }
  }
  if (text.size() > limit) result += "...";
  return result;
}

}  // namespace shorthop
