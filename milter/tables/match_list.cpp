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
  return matches_one_of({std::string(domain)}, deadline);
}

std::expected<bool, LookupFailure> MatchList::matches_subdomain(std::string_view domain, bool parents_match,
                                                                Deadline deadline) const {
  std::vector<std::string> keys = {std::string(domain)};
  for (std::size_t dot = domain.find('.'); dot != domain.npos; dot = domain.find('.', dot + 1)) {
    keys.emplace_back(domain.substr(parents_match ? dot + 1 : dot));
  }
  return matches_one_of(keys, deadline);
}

/// Each pattern is tried with all keys before the next: "!sub.example.org, example.org" excludes sub.example.org.
std::expected<bool, LookupFailure> MatchList::matches_one_of(const std::vector<std::string>& keys,
                                                             Deadline deadline) const {
  for (const Pattern& pattern : patterns_) {
    if (const auto* failure = std::get_if<LookupFailure>(&pattern.what)) return std::unexpected(*failure);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto found = has_key(pattern, keys[i], i > 0, deadline);
      if (!found) return found;
      if (*found) return pattern.answer;
    }
  }
  return false;
}

std::expected<bool, LookupFailure> MatchList::has_key(const Pattern& pattern, std::string_view key, bool is_parent,
                                                      Deadline deadline) {
  if (const auto* names = std::get_if<Names>(&pattern.what)) return names->contains(key);
  const auto found =
      std::get<TableList>(pattern.what).find(is_parent ? LookupKey::partial(key) : LookupKey::whole(key), deadline);
  if (!found) return std::unexpected(found.error());
  return found->has_value();
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
