// Completes a target as written to an address, as the primary does (trivial-rewrite(8), for local mail), or turns it
// into a leaf.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "mail/address.h"
#include "primary/primary.h"
#include "primary/resolution.h"
#include "tables/text/target.h"

namespace shorthop {

/// Why a target has no address: the kind of its leaf, and a sentence.
struct QualifyError {
  LeafKind kind = LeafKind::invalid_address;
  std::string what;
};

/// The address as the primary completes it. An address without a domain gets $myorigin. If the primary appends
/// $mydomain, a domain without any dot gets it; "example." has a dot. The local part gets `extension` ("+ext", may be
/// empty). user%domain becomes user@domain if the primary is known to do so. Errors: an invalid address, a routing
/// operator in the local part, no domain while $myorigin is unknown.
std::expected<Address, QualifyError> qualified(std::string_view external, std::string_view extension,
                                               const PrimaryRules& rules);
/// qualified() with `origin` in place of $myorigin; empty: unknown.
std::expected<Address, QualifyError> qualified_at(std::string_view origin, std::string_view external,
                                                  std::string_view extension, const PrimaryRules& rules);

/// The leaf for a special target: a command, a file, a mailbox on the primary, or an unreadable target. nullopt for an
/// address and an include file, which are followed.
std::optional<Leaf> end_of(const Target& target);

}  // namespace shorthop
