// UTF-8 validation (RFC 3629): Postfix ignores lines and look-up results that are not valid UTF-8.
#pragma once

#include <cstddef>
#include <string_view>

namespace shorthop {

bool is_ascii(std::string_view text);
bool is_utf8(std::string_view text);
/// The first code point of a text and its length in bytes; length 0: the text does not begin with valid UTF-8.
struct CodePoint {
  char32_t value = 0;
  std::size_t length = 0;
};
CodePoint first_code_point(std::string_view text);

}  // namespace shorthop
