#include "daemon/log/repetition.h"

namespace shorthop {

bool Repetition::admits(std::string_view text, Time now) {
  const std::lock_guard lock(mutex_);
  auto found = entries_.find(text);
  if (found == entries_.end()) {
    if (entries_.size() >= max_texts) return true;  // the memory is full: nothing is suppressed
    found = entries_.emplace(text, Entry{now, 0}).first;
  }
  return ++found->second.times <= max_in_period;
}

std::vector<Repetition::Suppressed> Repetition::ended(Time now) {
  std::vector<Suppressed> suppressed;
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [&](const auto& named) {
    const auto& [text, entry] = named;
    if (now - entry.begin < period) return false;
    if (entry.times > max_in_period) suppressed.push_back({text, entry.times - max_in_period});
    return true;
  });
  return suppressed;
}

}  // namespace shorthop
