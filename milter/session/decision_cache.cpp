#include "session/decision_cache.h"

#include <algorithm>

namespace shorthop {
namespace {

constexpr std::size_t bytes_of_an_entry = 256;  // of the entry itself, its place in the map, and small allocations

std::size_t size_of(const Address& address) { return sizeof address + 2 * address.internal().size(); }

std::size_t size_of(const Step& step) {
  std::size_t size = sizeof step + step.address.size() + step.table.size();
  for (const std::string& target : step.to) size += sizeof target + target.size();
  return size;
}

std::size_t size_of(const Leaf& leaf) { return sizeof leaf + leaf.address.size() + leaf.detail.size(); }

template <class Value>
std::size_t size_of(const std::vector<Value>& values) {
  std::size_t size = 0;
  for (const Value& value : values) size += size_of(value);
  return size;
}

std::size_t size_of(const Decision& decision) {
  const Resolution& resolution = decision.resolution;
  return decision.detail.size() + size_of(decision.to) + size_of(resolution.steps) + size_of(resolution.leaves) +
         size_of(resolution.mailboxes);
}

bool is_failure(const Decision& decision) {
  const auto has_failed = [](const Leaf& leaf) { return leaf.kind == LeafKind::lookup_failed; };
  return decision.reason == Reason::lookup_failed || std::ranges::any_of(decision.resolution.leaves, has_failed);
}

}  // namespace

std::optional<Decision> DecisionCache::find(const Address& recipient) {
  const auto now = clock_();
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(recipient.internal());
  if (found == entries_.end() || found->second.expires <= now) return std::nullopt;
  return found->second.decision;
}

void DecisionCache::insert(const Address& recipient, const Decision& decision) {
  const std::size_t bytes = bytes_of_an_entry + recipient.internal().size() + size_of(decision);
  if (is_failure(decision) || bytes > limits_.max_entry) return;
  const auto now = clock_();
  const std::lock_guard lock(mutex_);
  make_room(bytes, now);
  const auto [entry, is_new] = entries_.try_emplace(recipient.internal());
  if (!is_new) return;  // another thread was first
  entry->second = {decision, bytes, now + limits_.ttl};
  by_age_.push_back(entry);
  bytes_ += bytes;
}

void DecisionCache::make_room(std::size_t bytes, std::chrono::steady_clock::time_point now) {
  const auto is_to_go = [&](const Entry& oldest) {
    return oldest.expires <= now || entries_.size() >= limits_.max_entries || bytes_ + bytes > limits_.max_bytes;
  };
  while (!by_age_.empty() && is_to_go(by_age_.front()->second)) {
    bytes_ -= by_age_.front()->second.bytes;
    entries_.erase(by_age_.front());
    by_age_.pop_front();
  }
}

}  // namespace shorthop
