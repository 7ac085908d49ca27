// Splits Postfix's parameter values: lists, and text in braces (util/mystrtok.c, util/balpar.c, util/extpar.c).
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace shorthop {

/// The items of a list: separated by white space and commas, except within balanced braces.
std::vector<std::string> list_items(std::string_view text);

/// The length of the balanced "{...}" that the text starts with; 0 if there is none.
std::size_t braces_length(std::string_view text);

/// The text between the braces, trimmed. The braces must enclose the whole text. The error is a sentence.
std::expected<std::string_view, std::string> inside_braces(std::string_view text);

}  // namespace shorthop
