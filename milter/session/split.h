// Mixed expansions (DESIGN 4): an end that is not on this host is replaced by its own address at the primary. No I/O.
// Not here: which recipients are split (decision.cpp).
#pragma once

#include <optional>
#include <vector>

#include "mail/address.h"
#include "primary/budget.h"
#include "primary/resolution.h"
#include "session/snapshot.h"

namespace shorthop {

/// The addresses that replace a recipient with this resolution. They are the recipient's mailboxes here and, for each
/// end elsewhere, one address in the relay's domains that leads to this end and to no other. The resolution must have
/// its steps. nullopt if there is no mailbox here, or if an end has no such address.
std::optional<std::vector<Address>> split_targets(const Address& recipient, const Resolution& resolution,
                                                  const Relay& relay, const Snapshot& snapshot, Budget& budget);

}  // namespace shorthop
