// inline:{ {key = value}, key=value }, as in Postfix (DATABASE_README, util/dict_inline.c).
#include <algorithm>
#include <expected>
#include <map>
#include <utility>

#include "mail/international.h"
#include "tables/key_values.h"
#include "tables/text/line_formats.h"
#include "tables/types.h"
#include "text/ascii.h"
#include "text/items.h"

namespace shorthop {
namespace {

constexpr std::string_view separators = ", \t\r\n";  // CHARS_COMMA_SP

/// The next part between separators outside of braces (mystrtokq); empty at the end.
std::string_view take_part(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(separators), text.size()));
  std::size_t depth = 0;
  std::size_t i = 0;
  for (; i < text.size() && (depth > 0 || !separators.contains(text[i])); ++i) {
    if (text[i] == '{') ++depth;
    if (text[i] == '}' && depth > 0) --depth;
  }
  const std::string_view part = text.substr(0, i);
  text.remove_prefix(i);
  return part;
}

/// The key ends at the first unquoted white space or '=', and keeps its quotes (split_qnameval).
std::expected<std::pair<std::string_view, std::string_view>, std::string> parse_pair(std::string_view pair) {
  pair = trimmed(pair);
  bool in_quotes = false;
  std::size_t i = 0;
  for (; i < pair.size(); ++i) {
    if (pair[i] == '\\') {
      ++i;
    } else if (pair[i] == '"') {
      in_quotes = !in_quotes;
    } else if (!in_quotes && (is_space(pair[i]) || pair[i] == '=')) {
      break;
    }
  }
  if (in_quotes) return std::unexpected("a '\"' is not closed in " + excerpt(pair));
  i = std::min(i, pair.size());
  const std::string_view rest = trimmed(pair.substr(i));
  if (!rest.starts_with('=')) return std::unexpected("expected '=' after the key in " + excerpt(pair));
  return std::pair{pair.substr(0, i), trimmed(rest.substr(1))};
}

using Pairs = std::map<std::string, std::string, std::less<>>;

std::expected<Pairs, std::string> parse_pairs(std::string_view text) {
  const auto inside = inside_braces(text);
  if (!inside) return std::unexpected(inside.error());
  Pairs pairs;
  std::string_view list = *inside;
  for (std::string_view part = take_part(list); !part.empty(); part = take_part(list)) {
    if (part.starts_with('{')) {
      const auto braced = inside_braces(part);
      if (!braced) return std::unexpected(braced.error());
      part = *braced;
    }
    const auto pair = parse_pair(part);
    if (!pair) return std::unexpected(pair.error());
    pairs.insert_or_assign(folded_utf8(pair->first), std::string(pair->second));
  }
  if (pairs.empty()) return std::unexpected("the table is empty");
  return pairs;
}

}  // namespace

std::shared_ptr<const Table> open_inline(const OpenRequest& request) {
  const std::string& rest = request.table.name;
  auto pairs = rest.starts_with('{') ? parse_pairs(rest) : std::unexpected(std::string("missing '{' after the type"));
  if (!pairs) {
    request.problems.push_back({{request.table.text(), 0},
                                std::move(pairs.error()),
                                "write \"inline:{ {key = value}, key=value }\"",
                                Severity::error,
                                ErrorClass::settings});
    return nullptr;
  }
  KeyValues table;
  for (const auto& [key, value] : *pairs) table.add(key, value);
  return std::move(table).table(request.table.text());
}

}  // namespace shorthop
