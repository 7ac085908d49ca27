// What local(8) of the primary does with one recipient: alias_maps, :include: files, ~/.forward; aliases(5).
#pragma once

#include <expected>
#include <functional>

#include "mail/address.h"
#include "primary/expansion_builder.h"
#include "primary/primary.h"

namespace shorthop {

/// The parts that local(8) leaves to other programs.
struct LocalDelivery {
  /// Whether local(8) delivers a target of an alias itself.
  std::function<std::expected<bool, LookupFailure>(const Address& target)> is_ours;
  /// Takes an address that local(8) sends through cleanup(8) again.
  std::function<void(const Address& address)> forward;
};

/// Delivers one recipient whose domain is local to the primary. Ends on the primary become leaves.
void local_delivery(const Address& recipient, const Primary& primary, ExpansionBuilder& tree,
                    const LocalDelivery& others);

}  // namespace shorthop
