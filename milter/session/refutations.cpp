#include "session/refutations.h"

#include <algorithm>

namespace shorthop {

std::string expected_text(std::vector<std::string> folded_addresses) {
  std::ranges::sort(folded_addresses);
  std::string text;
  for (const std::string& address : folded_addresses) text.append(text.empty() ? "" : " ").append(address);
  return text;
}

void Refutations::insert(Refutation refutation) {
  const std::lock_guard lock(mutex_);
  Key key{refutation.relay, refutation.recipient};
  if (const auto known = entries_.find(key); known != entries_.end()) by_age_.erase(known->second.number);
  entries_[key] = {next_number_, std::move(refutation)};
  by_age_[next_number_++] = std::move(key);
  is_empty_ = false;
  if (entries_.size() <= max_entries) return;
  entries_.erase(by_age_.begin()->second);
  by_age_.erase(by_age_.begin());
}

std::optional<Refutation> Refutations::find(std::string_view relay, std::string_view fingerprint,
                                            std::string_view recipient) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find({std::string(relay), std::string(recipient)});
  if (found == entries_.end() || found->second.refutation.fingerprint != fingerprint) return std::nullopt;
  return found->second.refutation;
}

bool Refutations::keep_only(std::string_view relay, std::string_view fingerprint) {
  const std::lock_guard lock(mutex_);
  const std::size_t erased = std::erase_if(entries_, [&](const auto& named) {
    const auto& [key, entry] = named;
    if (key.first != relay || entry.refutation.fingerprint == fingerprint) return false;
    by_age_.erase(entry.number);
    return true;
  });
  is_empty_ = entries_.empty();
  return erased > 0;
}

std::size_t Refutations::count(std::string_view relay) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::ranges::count_if(entries_, [&](const auto& named) { return named.first.first == relay; }));
}

std::vector<Refutation> Refutations::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<Refutation> list;
  for (const auto& [number, key] : by_age_) list.push_back(entries_.at(key).refutation);
  return list;
}

}  // namespace shorthop
