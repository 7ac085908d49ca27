// Reads the rules in tables of header_checks(5) and access(5), and their actions. Patterns and keys are not
// interpreted. No I/O.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tables/table_name.h"

namespace shorthop {

struct CheckRule {
  std::string action;  ///< in capital letters: "REDIRECT"
  std::string text;    ///< the whole logical line, trimmed
  std::uint32_t line = 0;
  /// access(5): the action is a list of restrictions, and one of them asks a table: "permit_x, check_sender_access y".
  bool asks_table = false;

  /// header_checks(5), access(5): whether the message is kept from its recipients, copied, or sent through a filter.
  bool moves_mail() const;
};

/// The rules of a pattern file in the form of regexp_table(5) and pcre_table(5), in the order of the file. Lines with
/// "if" and "endif" are skipped, and so are lines that Postfix skips: those without an action, and those whose pattern
/// has no end.
std::vector<CheckRule> check_rules_in(std::string_view text);

/// The rules of a table of access(5). `text`: the source text of its file; for static: and inline: the name itself.
std::vector<CheckRule> access_rules_in(const TableName& table, std::string_view text);

using RuleTest = std::function<bool(const CheckRule& rule)>;
/// Whether a rule of a table of access(5) passes the test. The table may have a line for each of a million recipients,
/// so its rules are made one at a time.
bool has_access_rule(const TableName& table, std::string_view text, const RuleTest& test);

}  // namespace shorthop
