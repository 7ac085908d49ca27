#include "tool/discover/message_path.h"

#include <algorithm>
#include <set>

#include "text/ascii.h"

namespace shorthop::tool {
namespace {

std::uint64_t hash_of_address(std::string_view address) { return std::hash<std::string>()(folded(address)); }

/// Whether this queue file may come from a filter that got that delivery (FILTER_README). A filter returns the message
/// by SMTP from the site that it was sent to, or it is a command of pipe(8) that calls sendmail(1). LMTP also delivers
/// to mailboxes, perhaps on a host of the primary's site; so with LMTP, only the host that the message was sent to can
/// be a filter.
bool can_pass_on(const Delivery& from, const QueueFile& to) {
  if (from.relay.address.empty() && to.is_by_smtp) return false;
  const bool is_by_lmtp = from.way == Way::mailbox && !is_this_host(from.relay);
  if (to.is_by_smtp && is_by_lmtp) return from.relay.address == to.client.address;
  if (to.is_by_smtp) return is_same_site(to.client, from.relay);
  return from.relay.address.empty() && from.way == Way::mailbox;
}

}  // namespace

MessagePath::MessagePath(const Message& message) {
  order_.reserve(message.files.size());
  for (const QueueFile& file : message.files) order_.push_back(&file);
  std::ranges::sort(order_, {}, &QueueFile::sequence);
  if (order_.size() > 1) link();
}

void MessagePath::link() {
  std::multimap<std::uint64_t, DeliveryIndex> by_recipient;
  for (std::size_t file = 0; file < order_.size(); ++file) {
    for (std::size_t at = 0; at < order_[file]->deliveries.size(); ++at) {
      by_recipient.emplace(hash_of_address(order_[file]->deliveries[at].received), DeliveryIndex{file, at});
    }
  }
  for (std::size_t file = 0; file < order_.size(); ++file) {
    for (std::size_t at = 0; at < order_[file]->deliveries.size(); ++at) link_one({file, at}, by_recipient);
  }
}

/// Links a delivery to a filter with the deliveries of the mail that the filter returned for the same recipient.
void MessagePath::link_one(DeliveryIndex from, const std::multimap<std::uint64_t, DeliveryIndex>& by_recipient) {
  const Delivery& delivery = this->delivery(from);
  if (delivery.status != Status::sent) return;
  const auto [first, last] = by_recipient.equal_range(hash_of_address(delivery.to));
  std::size_t found = from.file;  // the first queue file that fits
  for (auto at = first; at != last; ++at) {
    const DeliveryIndex to = at->second;
    if (to.file <= from.file || before_.contains(to)) continue;
    if (found != from.file && to.file != found) break;
    if (!equal_folded(this->delivery(to).received, delivery.to)) continue;
    if (!can_pass_on(delivery, file(to.file))) continue;
    found = to.file;
    before_.emplace(to, from);
    next_[from].push_back(to);
  }
}

std::vector<DeliveryIndex> MessagePath::departures() const {
  std::vector<DeliveryIndex> found;
  for (std::size_t file = 0; file < order_.size(); ++file) {
    for (std::size_t at = 0; at < order_[file]->deliveries.size(); ++at) {
      const Delivery& delivery = order_[file]->deliveries[at];
      const bool leaves = delivery.way == Way::smtp && delivery.status == Status::sent && !is_this_host(delivery.relay);
      if (leaves && !next_.contains({file, at})) found.push_back({file, at});
    }
  }
  return found;
}

DeliveryIndex MessagePath::entry_of(DeliveryIndex at) const {
  // Each step leads to an earlier file, so the loop ends.
  auto before = before_.find(at);
  while (before != before_.end()) {
    at = before->second;
    before = before_.find(at);
  }
  return at;
}

std::vector<DeliveryIndex> MessagePath::ends_of(DeliveryIndex start) const {
  std::vector<DeliveryIndex> ends;
  std::vector<DeliveryIndex> waiting = {start};
  std::set<DeliveryIndex> seen;
  while (!waiting.empty()) {
    const DeliveryIndex at = waiting.back();
    waiting.pop_back();
    if (!seen.insert(at).second) continue;
    const Delivery& delivery = this->delivery(at);
    if (const auto next = next_.find(at); next != next_.end()) {
      waiting.insert(waiting.end(), next->second.begin(), next->second.end());
    } else if (delivery.status == Status::sent &&
               (delivery.way == Way::mailbox || (delivery.way == Way::smtp && is_this_host(delivery.relay)))) {
      ends.push_back(at);
    }
  }
  std::ranges::sort(ends);
  return ends;
}

}  // namespace shorthop::tool
