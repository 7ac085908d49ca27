// The rules in a pattern file of header_checks(5), in the form of regexp_table(5) and pcre_table(5): which action each
// takes. The patterns themselves are not read. No I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace shorthop {

struct CheckRule {
  std::string action;  ///< in capital letters: "REDIRECT"
  std::string text;    ///< the whole logical line, trimmed
  std::uint32_t line = 0;

  /// header_checks(5): whether the message is kept from its recipients, copied, or sent through another filter.
  bool moves_mail() const;
};

/// In the order of the file. Lines that Postfix would skip are skipped: those without an end of the pattern or without
/// an action, and "if" and "endif".
std::vector<CheckRule> check_rules_in(std::string_view text);

}  // namespace shorthop
