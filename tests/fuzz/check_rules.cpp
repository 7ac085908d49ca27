// Parses any bytes as a pattern file of header_checks(5). Each rule begins in a line of its own, and has an action.
#include "postfix/inbound/check_rules.h"

#include <string_view>
#include <vector>

#include "fuzz/input.h"
#include "fuzz/must.h"
#include "text/ascii.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text = text_in(data, size);
  const std::vector<shorthop::CheckRule> rules = shorthop::check_rules_in(text);
  must(rules.size() <= lines_in(text), "each rule has a line of its own");
  std::uint32_t last = 0;
  for (const shorthop::CheckRule& rule : rules) {
    must(rule.line > last && rule.line <= lines_in(text), "the rules are in the order of their lines");
    last = rule.line;
    must(!rule.action.empty() && rule.action.find_first_of(" \t\r\n") == rule.action.npos, "an action is a word");
    must(shorthop::trimmed(rule.text) == rule.text, "a rule has no white space around it");
    const auto again = shorthop::check_rules_in(rule.text);
    must(again.size() == 1 && again.front().action == rule.action, "a rule alone is read the same way");
  }
  return 0;
}
