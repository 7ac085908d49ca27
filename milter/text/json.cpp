#include "text/json.h"

#include <algorithm>

#include "text/utf8.h"

namespace shorthop {
namespace {

constexpr bool is_plain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

/// \uXXXX (RFC 8259, 7): pure ASCII, which no log or terminal can take for anything else.
void append_unit(std::string& out, char32_t unit) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += {'\\', 'u', digits[(unit >> 12) & 15], digits[(unit >> 8) & 15], digits[(unit >> 4) & 15], digits[unit & 15]};
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const auto plain = static_cast<std::size_t>(std::ranges::find_if_not(text, is_plain) - text.begin());
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    const auto byte = static_cast<unsigned char>(text.front());
    const CodePoint point = first_code_point(text);
    if (byte == '"' || byte == '\\') {
      out += {'\\', text.front()};
    } else if (point.length == 0) {
      append_unit(out, byte);  // as if it were Latin 1, so that something shows it
    } else if (point.value < 0x10000) {
      append_unit(out, point.value);
    } else {
      append_unit(out, 0xd800 + ((point.value - 0x10000) >> 10));
      append_unit(out, 0xdc00 + ((point.value - 0x10000) & 0x3ff));
    }
    text.remove_prefix(std::max<std::size_t>(point.length, 1));
  }
  out += '"';
}

}  // namespace shorthop
