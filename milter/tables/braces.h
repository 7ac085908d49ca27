// Text in braces in Postfix's parameter values: "{ value }" (util/balpar.c, util/extpar.c).
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace shorthop {

/// The length of the balanced "{...}" that the text starts with; 0 if there is none.
std::size_t braces_length(std::string_view text);

/// What stands inside of the braces that are the whole text, trimmed; else a sentence.
std::expected<std::string_view, std::string> inside_braces(std::string_view text);

}  // namespace shorthop
