#include "mail/json.h"

#include <algorithm>

namespace shorthop {
namespace {

constexpr bool is_plain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += '"';
  while (!text.empty()) {
    const auto plain = static_cast<std::size_t>(std::ranges::find_if_not(text, is_plain) - text.begin());
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    const auto byte = static_cast<unsigned char>(text.front());
    if (byte == '"' || byte == '\\') {
      out += {'\\', text.front()};
    } else {
      out.append("\\u00").append({digits[byte >> 4], digits[byte & 15]});
    }
    text.remove_prefix(1);
  }
  out += '"';
}

}  // namespace shorthop
