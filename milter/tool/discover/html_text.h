// Text inside HTML: everything that came from the log is escaped, and the page stays ASCII. No I/O.
#pragma once

#include <string>
#include <string_view>

namespace shorthop::tool {

/// The text for element content and for attribute values in double quotes. Characters other than printable ASCII become
/// numeric references. Invisible characters, those that change the direction of text, and bytes that are not UTF-8 are
/// shown as "\xHH" or "\u{HHHH}" instead.
std::string html_escaped(std::string_view text);

/// An address from the log: escaped, isolated from the text direction around it, with a possible line break before '@'.
std::string html_address(std::string_view address);

}  // namespace shorthop::tool
