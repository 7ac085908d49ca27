#include "tables/braces.h"

#include "mail/ascii.h"
#include "tables/parsed_line.h"

namespace shorthop {

std::size_t braces_length(std::string_view text) {
  if (!text.starts_with('{')) return 0;
  std::size_t depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{') ++depth;
    if (text[i] == '}' && --depth == 0) return i + 1;
  }
  return 0;
}

std::expected<std::string_view, std::string> inside_braces(std::string_view text) {
  const std::size_t length = braces_length(text);
  if (length == 0) return std::unexpected("there is no '}' for the '{' in " + excerpt(text));
  if (length != text.size()) return std::unexpected("there is text after '}' in " + excerpt(text));
  return trimmed(text.substr(1, length - 2));
}

}  // namespace shorthop
