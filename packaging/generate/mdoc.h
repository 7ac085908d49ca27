// Converts text to mdoc(7): macros for `code` and page(5), a line for each sentence; special characters are escaped.
#pragma once

#include <string>
#include <string_view>

namespace shorthop::generate {

/// The text with every character escaped that roff would treat specially, the hyphen too.
std::string literal(std::string_view text);

/// One argument of a macro, quoted and escaped: it is never taken for a macro itself.
std::string argument(std::string_view text);

/// Lines of text and of macros: `code` becomes .Ql, page(5) becomes .Xr, a sentence begins on a line of its own.
std::string prose(std::string_view text);

/// Paragraphs as --help writes them: a blank line ends one, a line that is indented stands as it is.
std::string paragraphs(std::string_view text);

}  // namespace shorthop::generate
