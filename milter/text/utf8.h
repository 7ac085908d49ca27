// Whether a text is UTF-8 (RFC 3629): Postfix ignores lines and look-up results that are not.
#pragma once

#include <cstddef>
#include <string_view>

namespace shorthop {

bool is_ascii(std::string_view text);
bool is_utf8(std::string_view text);
/// The code point that a text begins with, and its length in bytes; length 0: it begins with no UTF-8.
struct CodePoint {
  char32_t value = 0;
  std::size_t length = 0;
};
CodePoint first_code_point(std::string_view text);

}  // namespace shorthop
