#include "tables/match_list.h"

#include <fmt/format.h>

#include <algorithm>

#include "mail/international.h"
#include "tables/domain_list.h"

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

/// Appends a pattern that has no names yet.
MatchList::Pattern& MatchList::add(bool answer) {
  Pattern& pattern = patterns_.emplace_back();
  pattern.answer = answer;
  return pattern;
}

/// The answer of the first pattern for which `has_one` is true; false if there is none. Each pattern is tried with all
/// keys before the next pattern is tried: "!sub.example.org, example.org" excludes sub.example.org.
template <class HasOne>
std::expected<bool, LookupFailure> MatchList::first_match(HasOne has_one) const {
  for (const Pattern& pattern : patterns_) {
    if (const auto* failure = std::get_if<LookupFailure>(&pattern.what)) return std::unexpected(*failure);
    const auto found = has_one(pattern);
    if (!found) return found;
    if (*found) return pattern.answer;
  }
  return false;
}

std::expected<bool, LookupFailure> MatchList::matches(std::string_view domain, Deadline deadline) const {
  return first_match([&](const Pattern& pattern) { return has_key(pattern, domain, false, deadline); });
}

std::expected<bool, LookupFailure> MatchList::matches_subdomain(std::string_view domain, bool parents_match,
                                                                Deadline deadline) const {
  return first_match([&](const Pattern& pattern) {
    auto found = has_key(pattern, domain, false, deadline);
    for (std::size_t dot = domain.find('.'); dot != domain.npos; dot = domain.find('.', dot + 1)) {
      if (!found || *found) break;
      const std::string_view parent = domain.substr(parents_match ? dot + 1 : dot);
      found = has_key(pattern, parent, true, deadline);
    }
    return found;
  });
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

bool MatchList::has_only_names() const {
  return std::ranges::all_of(patterns_,
                             [](const Pattern& pattern) { return std::holds_alternative<Names>(pattern.what); });
}

MatchList read_match_list(std::string_view name, std::string_view text, const MatchListSource& source) {
  MatchList list;
  for (const DomainPattern& pattern : domain_patterns(name, text, source.files)) {
    const bool answer = !pattern.is_excluded;
    switch (pattern.kind) {
      case DomainPattern::Kind::name: list.add_name(folded_utf8(pattern.text), answer); break;
      case DomainPattern::Kind::table: list.add_table(source.open(pattern.text), answer); break;
      case DomainPattern::Kind::unreadable_file:
        if (source.report) source.report(pattern.text, pattern.why);
        list.add_failure({fmt::format("{}: {}", pattern.text, pattern.why), source.unreadable});
        break;
    }
  }
  return list;
}

}  // namespace shorthop
