#include "tool/similar.h"

#include <algorithm>

namespace shorthop::tool {
namespace {

/// Whether one edit makes one of the other; `shorter` is not longer.
bool is_one_slip(std::string_view shorter, std::string_view longer) {
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

}  // namespace

std::string similar_domain(std::string_view domain, const std::vector<std::string>& known) {
  constexpr std::size_t shortest = 6;
  if (domain.size() < shortest || std::ranges::find(known, domain) != known.end()) return {};
  for (const std::string& candidate : known) {
    if (candidate.size() < shortest) continue;
    if (candidate.size() < domain.size() ? is_one_slip(candidate, domain) : is_one_slip(domain, candidate)) {
      return candidate;
    }
  }
  return {};
}

}  // namespace shorthop::tool
