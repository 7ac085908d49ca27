// What cleanup(8) of the primary makes of one address: virtual(5) aliasing, recursive, with Postfix's limits.
#pragma once

#include <boost/container/small_vector.hpp>
#include <optional>

#include "mail/address.h"
#include "primary/expansion_builder.h"
#include "primary/primary.h"

namespace shorthop {

/// Pointers to addresses stored by the ExpansionBuilder or owned by the caller.
using AddressList = boost::container::small_vector<const Address*, 4>;

/// The addresses that the address becomes (itself if it is not an alias); steps are recorded in the tree. nullopt, with
/// a leaf in the tree, if the primary would reject the message (a loop, a limit, a failed look-up) or a target is
/// unreadable.
std::optional<AddressList> virtual_expansion(const Address& address, const Primary& primary, const SearchRules& search,
                                             ExpansionBuilder& tree);

}  // namespace shorthop
