// Converts text to mdoc(7): macros for `code` and page(5), a line for each sentence; special characters are escaped.
#pragma once

#include <string>
#include <string_view>

namespace shorthop::generate {

/// The text with backslashes and hyphens escaped, because roff would change them.
std::string literal(std::string_view text);

/// One argument of a macro, quoted and escaped: it is never taken for a macro itself.
std::string argument(std::string_view text);

/// Lines of text and of macros: `code` becomes .Ql, page(5) becomes .Xr, a sentence begins on a line of its own.
std::string prose(std::string_view text);

/// Paragraphs as --help writes them: a blank line ends one, an indented line is shown as it is written.
std::string paragraphs(std::string_view text);

}  // namespace shorthop::generate
