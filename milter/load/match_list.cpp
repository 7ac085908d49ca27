#include "load/match_list.h"

#include <fmt/format.h>

#include <algorithm>

#include "mail/international.h"
#include "postfix/domain_list.h"

namespace shorthop {

MatchList::MatchList(std::string_view name, std::string_view text, const FileReader& files, TableOpener& opener,
                     Diagnostics& warnings) {
  using Kind = DomainPattern::Kind;
  for (const DomainPattern& pattern : domain_patterns(name, text, files)) {
    const bool answer = !pattern.is_excluded;
    if (pattern.kind == Kind::name) {
      patterns_.push_back({answer, folded_utf8(pattern.text)});
    } else if (pattern.kind == Kind::table) {
      patterns_.push_back({answer, opener.open_or_fail(name, {pattern.text}, warnings)});
    } else {
      warnings.push_back({{pattern.text, 0},
                          fmt::format("this host's {}: {}", name, pattern.why),
                          "until it can be read, recipients are kept",
                          Severity::warning,
                          ErrorClass::missing,
                          Subject::tables_of_this_host});
      patterns_.push_back({answer, LookupFailure{fmt::format("{}: {}", pattern.text, pattern.why)}});
    }
  }
}

std::expected<bool, LookupFailure> MatchList::matches(std::string_view domain, Deadline deadline) const {
  for (const Pattern& pattern : patterns_) {
    if (const auto* name = std::get_if<std::string>(&pattern.what)) {
      if (*name == domain) return pattern.answer;
    } else if (const auto* table = std::get_if<TableList>(&pattern.what)) {
      const auto known = table->contains(domain, deadline);
      if (!known) return std::unexpected(known.error());
      if (*known) return pattern.answer;
    } else {
      return std::unexpected(std::get<LookupFailure>(pattern.what));
    }
  }
  return false;
}

std::vector<std::string> MatchList::names() const {
  std::vector<std::string> result;
  for (const Pattern& pattern : patterns_) {
    const auto* name = std::get_if<std::string>(&pattern.what);
    if (name != nullptr && pattern.answer) result.push_back(*name);
  }
  return result;
}

}  // namespace shorthop
