#include "tables/match_list.h"

namespace shorthop {

void MatchList::add_name(std::string_view name, bool answer) {
  const bool continues =
      !patterns_.empty() && patterns_.back().answer == answer && std::holds_alternative<Names>(patterns_.back().what);
  if (!continues) add(answer);
  std::get<Names>(patterns_.back().what).emplace(name);
}

void MatchList::add_table(std::shared_ptr<const Table> table, bool answer) {
  add(answer).what.emplace<TableList>(std::vector{std::move(table)});
}

void MatchList::add_failure(LookupFailure failure) { add(true).what.emplace<LookupFailure>(std::move(failure)); }

/// A new last pattern, as yet without names.
MatchList::Pattern& MatchList::add(bool answer) {
  Pattern& pattern = patterns_.emplace_back();
  pattern.answer = answer;
  return pattern;
}

std::expected<bool, LookupFailure> MatchList::matches(std::string_view domain, Deadline deadline) const {
  for (const Pattern& pattern : patterns_) {
    if (const auto* names = std::get_if<Names>(&pattern.what)) {
      if (names->contains(domain)) return pattern.answer;
    } else if (const auto* table = std::get_if<TableList>(&pattern.what)) {
      const auto found = table->find(LookupKey::whole(domain), deadline);
      if (!found) return std::unexpected(found.error());
      if (*found) return pattern.answer;
    } else {
      return std::unexpected(std::get<LookupFailure>(pattern.what));
    }
  }
  return false;
}

std::expected<bool, LookupFailure> MatchList::matches_subdomain(std::string_view domain, bool parents_match,
                                                                Deadline deadline) const {
  for (bool is_parent = false;; is_parent = true) {
    const auto answer =
        is_parent && !parents_match ? matches("." + std::string(domain), deadline) : matches(domain, deadline);
    if (!answer || *answer) return answer;
    const std::size_t dot = domain.find('.');
    if (dot == domain.npos) return false;
    domain.remove_prefix(dot + 1);
  }
}

bool MatchList::has_name(std::string_view domain) const {
  for (const Pattern& pattern : patterns_) {
    const auto* names = std::get_if<Names>(&pattern.what);
    if (names == nullptr) return false;
    if (names->contains(domain)) return pattern.answer;
  }
  return false;
}

std::vector<std::string> MatchList::names() const {
  std::vector<std::string> result;
  for (const Pattern& pattern : patterns_) {
    const auto* names = std::get_if<Names>(&pattern.what);
    if (names != nullptr && pattern.answer) result.insert(result.end(), names->begin(), names->end());
  }
  return result;
}

}  // namespace shorthop
