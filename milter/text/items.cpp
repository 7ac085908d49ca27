#include "text/items.h"

#include <utility>

#include "text/ascii.h"

namespace shorthop {

std::vector<std::string> list_items(std::string_view text) {
  std::vector<std::string> items;
  std::string item;
  std::size_t depth = 0;
  for (const char c : text) {
    if (depth == 0 && (is_space(c) || c == ',')) {
      if (!item.empty()) items.push_back(std::exchange(item, {}));
      continue;
    }
    if (c == '{') ++depth;
    if (c == '}' && depth > 0) --depth;
    item += c;
  }
  if (!item.empty()) items.push_back(std::move(item));
  return items;
}

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
  if (length == 0) return std::unexpected("missing '}' for the '{' in " + excerpt(text));
  if (length != text.size()) return std::unexpected("there is text after '}' in " + excerpt(text));
  return trimmed(text.substr(1, length - 2));
}

}  // namespace shorthop
