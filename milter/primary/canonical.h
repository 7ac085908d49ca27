// How cleanup(8) of the primary rewrites a recipient before virtual aliases: canonical(5), then masquerading.
#pragma once

#include "mail/address.h"
#include "primary/expansion_builder.h"
#include "primary/primary.h"

namespace shorthop {

/// Records the steps and returns the canonical address: `address` itself, or one that the tree owns. If the result is
/// not known, adds a leaf to the tree and returns null.
const Address* canonical_address(const Address& address, const Primary& primary, const SearchRules& search,
                                 ExpansionBuilder& tree);

}  // namespace shorthop
