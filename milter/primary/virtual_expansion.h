// What cleanup(8) of the primary makes of one address: virtual(5) aliasing, recursive, with Postfix's limits.
#pragma once

#include <boost/container/small_vector.hpp>
#include <optional>

#include "mail/address.h"
#include "primary/expansion_builder.h"
#include "primary/primary.h"

namespace shorthop {

/// Addresses that the tree keeps, or that were given.
using AddressList = boost::container::small_vector<const Address*, 4>;

/// The addresses that the address becomes, itself if it is no alias; steps go to the tree. Nothing if the primary
/// would not take the message (a loop, a limit, a failed look-up) or a target cannot be read: the tree has the leaf.
std::optional<AddressList> virtual_expansion(const Address& address, const Primary& primary, const SearchRules& search,
                                             ExpansionBuilder& tree);

}  // namespace shorthop
