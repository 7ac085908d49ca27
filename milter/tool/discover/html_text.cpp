#include "tool/discover/html_text.h"

#include <fmt/format.h>

#include "text/ascii.h"
#include "text/utf8.h"

namespace shorthop::tool {
namespace {

/// Invisible characters, and those that reorder what is shown (Unicode: Cc, and the zero-width and bidirectional ones).
bool is_invisible(char32_t value) {
  return value < 0x20 || (value >= 0x7f && value < 0xa0) || value == 0xad || value == 0x61c || value == 0xfeff ||
         (value >= 0x200b && value <= 0x200f) || (value >= 0x2028 && value <= 0x202e) ||
         (value >= 0x2060 && value <= 0x206f);
}

void append_escaped(std::string& out, char32_t value) {
  switch (value) {
    case U'<': out += "&lt;"; return;
    case U'>': out += "&gt;"; return;
    case U'&': out += "&amp;"; return;
    case U'"': out += "&quot;"; return;
    case U'\'': out += "&#39;"; return;
    default: break;
  }
  const auto number = static_cast<unsigned>(value);
  if (is_invisible(value)) {
    out += value < 0x80 ? fmt::format("\\x{:02x}", number) : fmt::format("\\u{{{:x}}}", number);
  } else if (value < 0x80) {
    out += static_cast<char>(value);
  } else {
    out += fmt::format("&#x{:x};", number);
  }
}

}  // namespace

std::string html_escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint next = first_code_point(text);
    if (next.length == 0) {
      append_hexadecimal(out += "\\x", static_cast<unsigned char>(text.front()));
      text.remove_prefix(1);
      continue;
    }
    append_escaped(out, next.value);
    text.remove_prefix(next.length);
  }
  return out;
}

std::string html_address(std::string_view address) {
  const std::size_t at = address.rfind('@');
  // Left to right, so that the domain is shown last, whatever script the local part is in.
  const std::string begin = "<bdi dir=\"ltr\">";
  if (at == std::string_view::npos) return begin + html_escaped(address) + "</bdi>";
  return begin + html_escaped(address.substr(0, at)) + "<wbr>" + html_escaped(address.substr(at)) + "</bdi>";
}

}  // namespace shorthop::tool
