#include "mail/ascii.h"

namespace shorthop {

std::string printable(std::string_view text, std::size_t limit) {
  std::string result;
  append_printable(result, text, limit);
  return result;
}

void append_printable(std::string& out, std::string_view text, std::size_t limit) {
  constexpr std::string_view digits = "0123456789abcdef";
  const std::string_view shown = text.substr(0, limit);
  const auto is_plain = [](char c) { return c >= 0x20 && c < 0x7f && c != '\\'; };
  // Nearly always that is all of it.
  const auto plain = static_cast<std::size_t>(std::ranges::find_if_not(shown, is_plain) - shown.begin());
  out.append(shown, 0, plain);
  for (const char c : shown.substr(plain)) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain(c)) {
      out += c;
    } else if (c == '\\') {
      out += "\\\\";
    } else {
      out += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    }
  }
  if (text.size() > limit) out += "...";
}

}  // namespace shorthop
