// Whether a text is UTF-8 (RFC 3629): Postfix ignores lines and look-up results that are not.
#pragma once

#include <string_view>

namespace shorthop {

bool is_ascii(std::string_view text);
bool is_utf8(std::string_view text);

}  // namespace shorthop
