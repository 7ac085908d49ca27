#include "tables/text/pattern_lines.h"

#include <algorithm>
#include <utility>

#include "text/ascii.h"
#include "text/number.h"

namespace shorthop {
namespace {

constexpr std::size_t max_group_number = 10'000;  // no pattern has that many groups

void skip_space(std::string_view& rest) {
  while (!rest.empty() && is_space(rest.front())) rest.remove_prefix(1);
}

std::string_view known_flags(PatternDialect dialect) { return dialect == PatternDialect::regexp ? "imx" : "imsxAEUX"; }

/// The length of the pattern at the beginning of the text; npos: it has no end. A backslash escapes the next character.
/// In regexp_table(5), a backslash at the end of the line ends the pattern (util/dict_regexp.c). In pcre_table(5), a
/// pattern with such a backslash has no end.
std::size_t length_of_regex(std::string_view text, char delimiter, PatternDialect dialect) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\') {
      if (at + 1 == text.size() && dialect == PatternDialect::regexp) return at;
      ++at;
    } else if (text[at] == delimiter) {
      return at;
    }
  }
  return text.npos;
}

std::expected<PatternText, std::string> take_pattern(std::string_view& rest, PatternDialect dialect) {
  PatternText pattern;
  while (!rest.empty() && (rest.front() == '!' || is_space(rest.front()))) {
    if (rest.front() == '!') pattern.is_negated = !pattern.is_negated;
    rest.remove_prefix(1);
  }
  if (rest.empty()) return std::unexpected("there is no pattern");
  const char delimiter = rest.front();
  rest.remove_prefix(1);
  const std::size_t length = length_of_regex(rest, delimiter, dialect);
  if (length == rest.npos) return std::unexpected("the pattern has no closing delimiter");
  pattern.regex = rest.substr(0, length);
  rest.remove_prefix(length + 1);
  // In regexp_table(5) a '!' begins the second pattern.
  const auto is_end = [&](char c) { return is_space(c) || (c == '!' && dialect == PatternDialect::regexp); };
  const auto end = std::ranges::find_if(rest, is_end);
  pattern.flags = std::string(rest.begin(), end);
  rest.remove_prefix(pattern.flags.size());
  const std::size_t unknown = pattern.flags.find_first_not_of(known_flags(dialect));
  if (unknown != pattern.flags.npos)
    return std::unexpected("unknown flag " + excerpt(pattern.flags.substr(unknown, 1)));
  return pattern;
}

/// The name after a '$': "1", "{1}" or "(1)"; nullopt if the parenthesis is not closed.
std::optional<std::string_view> take_name(std::string_view& rest) {
  const char open = rest.empty() ? '\0' : rest.front();
  if (open != '(' && open != '{') {
    const auto end = std::ranges::find_if_not(rest, [](char c) { return is_letter_or_digit(c) || c == '_'; });
    const std::string_view name = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    rest.remove_prefix(name.size());
    return name;
  }
  const char close = open == '(' ? ')' : '}';
  std::size_t level = 1;
  for (std::size_t at = 1; at < rest.size(); ++at) {
    if (rest[at] == open) ++level;
    if (rest[at] == close && --level == 0) {
      const std::string_view name = rest.substr(1, at - 1);
      rest.remove_prefix(at + 1);
      return name;
    }
  }
  return std::nullopt;
}

std::expected<std::size_t, std::string> group_number(const std::optional<std::string_view>& name) {
  const bool is_number = name && !name->empty() && name->find_first_not_of("0123456789") == name->npos;
  if (!is_number) return std::unexpected("'$' needs the number of a group after it; \"$$\" is a dollar sign");
  const auto number = to_number<std::size_t>(*name);
  if (!number || *number == 0 || *number > max_group_number) {
    return std::unexpected("there is no group " + excerpt(*name));
  }
  return *number;
}

std::expected<void, std::string> parse_result(std::string_view text, PatternLine& line) {
  std::string literal;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c != '$' || text.starts_with('$')) {
      literal += c;
      if (c == '$') text.remove_prefix(1);
      continue;
    }
    if (!literal.empty()) line.result.push_back({std::exchange(literal, {})});
    const auto group = group_number(take_name(text));
    if (!group) return std::unexpected(group.error());
    line.result.push_back({{}, *group});
    line.max_group = std::max(line.max_group, *group);
  }
  if (!literal.empty()) line.result.push_back({std::move(literal)});
  return {};
}

std::expected<PatternLine, std::string> parse_match(std::string_view rest, PatternDialect dialect) {
  PatternLine line;
  auto first = take_pattern(rest, dialect);
  if (!first) return std::unexpected(std::move(first.error()));
  line.first = std::move(*first);
  if (dialect == PatternDialect::regexp && rest.starts_with('!')) {
    auto second = take_pattern(rest, dialect);
    if (!second) return std::unexpected(std::move(second.error()));
    line.and_second = std::move(*second);
  }
  skip_space(rest);
  if (auto result = parse_result(rest, line); !result) return std::unexpected(std::move(result.error()));
  if (line.max_group > 0 && line.first.is_negated) return std::unexpected("a negated pattern has no groups");
  return line;
}

}  // namespace

std::expected<PatternLine, std::string> parse_pattern_line(std::string_view line, PatternDialect dialect) {
  line = line.substr(0, line.find('\0'));  // where Postfix's C string ends
  while (!line.empty() && is_space(line.back())) line.remove_suffix(1);
  if (!line.empty() && !is_letter_or_digit(line.front())) return parse_match(line, dialect);
  if (begins_with_word(line, "if")) {
    line.remove_prefix(2);
    auto condition = take_pattern(line, dialect);
    if (!condition) return std::unexpected(std::move(condition.error()));
    return PatternLine{PatternLine::Kind::begin_if, std::move(*condition)};
  }
  if (begins_with_word(line, "endif")) return PatternLine{PatternLine::Kind::end_if, {}};
  return std::unexpected("expected a pattern, if or endif");
}

}  // namespace shorthop
