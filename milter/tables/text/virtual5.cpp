#include "tables/text/line_formats.h"

#include <algorithm>
#include <array>

#include "text/ascii.h"

namespace shorthop {
namespace {

struct KeyEnd {
  std::size_t length = 0;
  bool in_quotes = false;
};

/// For each byte, whether it is part of a key and has no special meaning.
constexpr auto is_plain_key_byte = [] {
  std::array<bool, 256> plain{};
  for (std::size_t byte = 0; byte < plain.size(); ++byte) {
    const auto c = static_cast<char>(byte);
    plain[byte] = !is_space(c) && c != '\\' && c != '"';
  }
  return plain;
}();

KeyEnd key_end(std::string_view line) {
  std::size_t i = 0;
  bool in_quotes = false;
  for (; i < line.size(); ++i) {
    const char c = line[i];
    if (is_plain_key_byte[static_cast<unsigned char>(c)]) continue;
    if (c == '\\') {
      ++i;
    } else if (c == '"') {
      in_quotes = !in_quotes;
    } else if (is_space(c) && !in_quotes) {
      break;
    }
  }
  return {std::min(i, line.size()), in_quotes};
}

constexpr std::string_view fix_for_aliases5 =
    "if this is an aliases(5) table, name it in alias-maps, or in alias_maps of the mirrored primary";

}  // namespace

LineResult parse_virtual5(std::string_view logical_line) {
  const KeyEnd end = key_end(logical_line);
  if (end.in_quotes) {
    return std::unexpected(LineError{"a '\"' is not closed in " + excerpt(logical_line), "close the quote"});
  }
  const std::string_view key = logical_line.substr(0, end.length);
  const std::string_view value = trimmed(logical_line.substr(end.length));
  if (key.ends_with(':')) {
    return std::unexpected(
        LineError{"the key " + excerpt(key) + " ends in ':'", std::string(fix_for_aliases5), std::string(key)});
  }
  if (value.empty()) {
    return std::unexpected(LineError{"expected white space and a value after the key " + excerpt(key),
                                     "give it a value, or remove the line", std::string(key)});
  }
  return ParsedLine{key, value};
}

}  // namespace shorthop
