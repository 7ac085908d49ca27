#include "tables/text/line_formats.h"

#include <algorithm>

#include "text/ascii.h"

namespace shorthop {
namespace {

/// The end of the word; beyond the line if a quote is not closed. Copies the word to `unquoted`, without
/// its quotes and the backslashes that escape.
std::size_t read_word(std::string_view line, std::string& unquoted) {
  std::size_t i = 0;
  bool in_quotes = false;
  for (; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"') {
      in_quotes = !in_quotes;
      continue;
    }
    if (!in_quotes && (is_space(c) || c == ':')) break;
    if (c == '\\' && i + 1 < line.size()) ++i;
    unquoted += line[i];
  }
  return in_quotes ? line.size() + 1 : i;
}

}  // namespace

LineResult parse_first_word(std::string_view logical_line, std::string& buffer) {
  buffer.clear();
  const std::size_t length = read_word(logical_line, buffer);
  if (length > logical_line.size()) {
    return std::unexpected(LineError{"a '\"' is not closed in " + excerpt(logical_line), "close the quote"});
  }
  if (buffer.empty()) {
    return std::unexpected(LineError{"missing name in " + excerpt(logical_line), "start the line with a name"});
  }
  std::string_view rest = logical_line.substr(length);
  if (rest.starts_with(':')) rest.remove_prefix(1);
  const std::string_view value = trimmed(rest);
  return ParsedLine{buffer, value.empty() ? logical_line.substr(0, length) : value};
}

}  // namespace shorthop
