// How this host's Postfix rewrites and expands its own addresses: canonical(5), virtual(5) and aliases(5). Not here:
// whether an address has a mailbox (local_host.h).
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string_view>

#include "load/host/local_postfix.h"
#include "mail/address.h"
#include "tables/search.h"
#include "tables/table.h"

namespace shorthop {

/// The recipient as cleanup(8) rewrites it before it asks virtual_alias_maps. nullopt: a table has a value that is not
/// followed here, or masquerading may change the address.
std::expected<std::optional<Address>, LookupFailure> canonical_here(Address address, const LocalPostfix& postfix,
                                                                    const SearchRules& search, Deadline deadline);

/// Whether a domain (folded) that is in none of Postfix's lists still counts as a domain of this host.
using IsOwnDomain = std::function<bool(std::string_view domain)>;

/// Whether all mail for the address is delivered on this host after its tables have expanded it. Commands and files
/// are deliveries here. Also false if that is not known, for example because of an :include: file.
std::expected<bool, LookupFailure> stays_here(const Address& address, const LocalPostfix& postfix,
                                              const SearchRules& search, const IsOwnDomain& is_own_domain,
                                              Deadline deadline);

/// Whether cleanup(8) leaves the address unchanged: no table has it, or its only target in virtual_alias_maps is the
/// address itself. False if that is not known.
std::expected<bool, LookupFailure> is_unchanged_here(const Address& address, const LocalPostfix& postfix,
                                                     const SearchRules& search, Deadline deadline);

}  // namespace shorthop
