// How cleanup(8) of the primary expands one address: virtual(5) aliasing, recursive, with Postfix's limits.
#pragma once

#include <boost/container/small_vector.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "mail/address.h"
#include "primary/expansion_builder.h"
#include "primary/primary.h"
#include "tables/search.h"

namespace shorthop {

/// Pointers to addresses stored by the ExpansionBuilder or owned by the caller.
using AddressList = boost::container::small_vector<const Address*, 4>;

/// Why an entry is not followed if its key lacks the quotes that the address needs.
inline constexpr std::string_view key_lacks_quotes =
    "its entry has a key without the quotes that the address needs: only some versions of Postfix use it";

/// The value of the entry of virtual(5) or canonical(5) that was found for an address. If the value is "@other", the
/// result is the local part of the address in the domain "other".
std::string completed_value(const Address& address, Match match);

/// The addresses that the address becomes (itself if it is not an alias). Steps are recorded in the tree. nullopt, with
/// a leaf in the tree: the primary would reject the message (a loop, a limit, a failed look-up), or a target is
/// unreadable.
std::optional<AddressList> virtual_expansion(const Address& address, const Primary& primary, const SearchRules& search,
                                             ExpansionBuilder& tree);

}  // namespace shorthop
