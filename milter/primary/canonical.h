// What cleanup(8) of the primary makes of a recipient before virtual aliases: canonical(5), then masquerading.
#pragma once

#include "mail/address.h"
#include "primary/expansion_builder.h"
#include "primary/primary.h"

namespace shorthop {

/// The canonical address: stored by the tree, or the one given; steps are recorded. Null, with a leaf in the tree, if
/// the result is not known.
const Address* canonical_address(const Address& address, const Primary& primary, const SearchRules& search,
                                 ExpansionBuilder& tree);

}  // namespace shorthop
