#include "mail/json.h"

namespace shorthop {

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (byte >= 0x20 && byte < 0x7f) {
      out += c;
    } else {
      out.append("\\u00").append({digits[byte >> 4], digits[byte & 15]});
    }
  }
  out += '"';
}

}  // namespace shorthop
