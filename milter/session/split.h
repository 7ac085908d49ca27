// Mixed expansions (DESIGN 4): an end that is not on this host stays at the primary, under an address of its own.
// Pure; which recipients are decided so: decision.cpp.
#pragma once

#include <optional>
#include <vector>

#include "mail/address.h"
#include "primary/budget.h"
#include "primary/resolution.h"
#include "session/snapshot.h"

namespace shorthop {

/// What a recipient with this resolution (its chain recorded) can be replaced by: its mailboxes here, and for each
/// other end one address of the relay's domains whose own resolution is exactly that end. Nothing if there is no
/// mailbox here, or an end without such an address.
std::optional<std::vector<Address>> split_targets(const Resolution& resolution, const Relay& relay,
                                                  const Snapshot& snapshot, Budget& budget);

}  // namespace shorthop
