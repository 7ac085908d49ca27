#include "text/nearest.h"

#include <algorithm>
#include <numeric>

#include "text/ascii.h"

namespace shorthop {
namespace {

/// Whether a single edit turns one into the other. `shorter` must not be longer than `longer`.
bool is_one_edit(std::string_view shorter, std::string_view longer) {
  const auto [one, other] = std::ranges::mismatch(shorter, longer);
  const std::string_view rest(one, shorter.end());
  const std::string_view other_rest(other, longer.end());
  if (shorter.size() + 1 == longer.size()) return rest == other_rest.substr(1);
  if (shorter.size() != longer.size() || rest.empty()) return false;
  const bool is_wrong_letter = rest.substr(1) == other_rest.substr(1);
  const bool is_swapped =
      rest.size() > 1 && rest[0] == other_rest[1] && rest[1] == other_rest[0] && rest.substr(2) == other_rest.substr(2);
  return is_wrong_letter || is_swapped;
}

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (ascii_lower(a[i]) == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j + 1] + 1, row[j] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string_view nearest_word(std::string_view word, std::span<const std::string_view> words) {
  if (word.size() > 64) return {};  // too long for a typing mistake; the cost is quadratic
  std::string_view nearest;
  std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string_view candidate : words) {
    const std::size_t away = distance(word, candidate);
    if (away < least && away < candidate.size()) {
      least = away;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string similar_domain(std::string_view domain, const std::vector<std::string>& known) {
  constexpr std::size_t shortest = 6;
  if (domain.size() < shortest || std::ranges::find(known, domain) != known.end()) return {};
  for (const std::string& candidate : known) {
    if (candidate.size() < shortest) continue;
    if (candidate.size() < domain.size() ? is_one_edit(candidate, domain) : is_one_edit(domain, candidate)) {
      return candidate;
    }
  }
  return {};
}

}  // namespace shorthop
