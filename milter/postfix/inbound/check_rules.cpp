#include "postfix/inbound/check_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tables/access.h"
#include "tables/text/logical_lines.h"
#include "tables/types.h"
#include "text/ascii.h"
#include "text/items.h"

namespace shorthop {
namespace {

// header_checks(5), ACTIONS.
constexpr std::array moving_actions = std::to_array<std::string_view>({"BCC", "DISCARD", "FILTER", "HOLD", "REDIRECT"});

/// Whether the line is "if /pattern/" or "endif"; both may be in capital letters.
bool is_condition(std::string_view line) {
  const std::string_view word = line.substr(0, std::min(line.find_first_of(" \t"), line.size()));
  return equal_folded(word, "if") || equal_folded(word, "endif");
}

/// What follows "/pattern/flags"; empty if the pattern does not end. Any character may enclose it.
std::string_view after_pattern(std::string_view line) {
  line = trimmed(line.substr(std::min(line.find_first_not_of('!'), line.size())));
  if (line.empty()) return {};
  const char enclosure = line.front();
  std::size_t end = 1;
  while (end < line.size() && line[end] != enclosure) end += line[end] == '\\' ? 2 : 1;
  if (end >= line.size()) return {};
  line.remove_prefix(end + 1);
  const auto space = std::ranges::find_if(line, is_space);
  return trimmed(line.substr(static_cast<std::size_t>(space - line.begin())));
}

/// What follows the first word.
std::string_view after_word(std::string_view line) {
  return trimmed(line.substr(std::min(line.find_first_of(" \t"), line.size())));
}

/// The whole text without the braces around it (DATABASE_README, "static").
std::string_view without_braces(std::string_view text) {
  const auto inside = inside_braces(text);
  return inside ? *inside : text;
}

/// The members of "{ {KEY = VALUE}, {KEY = VALUE} }" as lines "KEY VALUE" (DATABASE_README, "inline").
std::string lines_of_inline(std::string_view name) {
  std::string lines;
  for (const std::string& member : list_items(without_braces(name))) {
    std::string line(without_braces(member));
    if (const std::size_t equal = line.find('='); equal != line.npos) line[equal] = ' ';
    lines += line + '\n';
  }
  return lines;
}

std::string capitals(std::string_view word) {
  std::string result(word);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

bool asks_table(std::string_view result) {
  return concerns_message(result) && std::ranges::any_of(list_items(result), [](const std::string& word) {
           return starts_with_folded(word, "check_");
         });
}

/// What follows the pattern or the key of a line.
using ResultOf = std::string_view(std::string_view line);

bool has_rule(std::string_view text, ResultOf* result_of, const RuleTest& test) {
  LogicalLines lines(text);
  for (LogicalLine line; lines.next(line);) {
    const std::string_view content = trimmed(line.text);
    if (line.is_stray_continuation() || is_condition(content)) continue;
    const std::string_view result = result_of(content);
    if (result.empty()) continue;
    const auto space = std::ranges::find_if(result, is_space);
    if (test({capitals({result.begin(), space}), std::string(content), line.number, asks_table(result)})) return true;
  }
  return false;
}

}  // namespace

bool CheckRule::moves_mail() const {
  // The tables that a list of restrictions asks are not read, and may move mail.
  return asks_table || std::ranges::find(moving_actions, action) != moving_actions.end();
}

bool has_access_rule(const TableName& table, std::string_view text, const RuleTest& test) {
  const TableType* type = find_table_type(table.type);
  if (type == nullptr) return has_rule(text, after_word, test);
  if (type->is_constant) return has_rule(fmt::format("* {}", without_braces(text)), after_word, test);
  if (type->is_its_own_data()) return has_rule(lines_of_inline(text), after_word, test);
  return has_rule(text, type->encloses_patterns ? after_pattern : after_word, test);
}

std::vector<CheckRule> check_rules_in(std::string_view text) {
  std::vector<CheckRule> rules;
  has_rule(text, after_pattern, [&](const CheckRule& rule) {
    rules.push_back(rule);
    return false;
  });
  return rules;
}

std::vector<CheckRule> access_rules_in(const TableName& table, std::string_view text) {
  std::vector<CheckRule> rules;
  has_access_rule(table, text, [&](const CheckRule& rule) {
    rules.push_back(rule);
    return false;
  });
  return rules;
}

}  // namespace shorthop
