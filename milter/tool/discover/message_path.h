// The path of one message through this host, over all its queue files: which delivery went to a filter and came back
// for the same recipient, which left for another host, which ended here. No I/O.
#pragma once

#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "tool/discover/message.h"

namespace shorthop::tool {

/// Where a delivery is in a message: the numbers of its queue file and of the delivery in that file.
struct DeliveryIndex {
  std::size_t file = 0;
  std::size_t delivery = 0;
  auto operator<=>(const DeliveryIndex&) const = default;
};

class MessagePath {
 public:
  /// `message` must outlive this. Its files are numbered in the order in which they begin in the log.
  explicit MessagePath(const Message& message);

  std::size_t files() const { return order_.size(); }
  const QueueFile& file(std::size_t at) const { return *order_[at]; }
  const Delivery& delivery(DeliveryIndex at) const { return order_[at.file]->deliveries[at.delivery]; }

  /// The deliveries by SMTP that left for another host and not for a filter.
  std::vector<DeliveryIndex> departures() const;
  /// Where the mail of a delivery first entered this host, before filters.
  DeliveryIndex entry_of(DeliveryIndex at) const;
  /// The deliveries to mailboxes that end the path of this delivery, behind filters if there are any. Empty if the path
  /// ends elsewhere.
  std::vector<DeliveryIndex> ends_of(DeliveryIndex at) const;
  /// Whether this delivery's recipient came from a filter.
  bool is_from_filter(DeliveryIndex at) const { return before_.contains(at); }

 private:
  void link();
  void link_one(DeliveryIndex from, const std::multimap<std::uint64_t, DeliveryIndex>& by_recipient);

  std::vector<const QueueFile*> order_;
  std::map<DeliveryIndex, std::vector<DeliveryIndex>>
      next_;  ///< a delivery to a filter -> the deliveries of the mail that came back
  std::map<DeliveryIndex, DeliveryIndex> before_;  ///< the reverse
};

}  // namespace shorthop::tool
