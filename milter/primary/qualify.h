// Turns a target as written into the address that the primary makes of it (trivial-rewrite(8), for local mail), or into
// a leaf.
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

/// Appends $myorigin if there is no domain, $mydomain if the domain has no dot, not even at its end (and the primary
/// does so), and `extension` ("+ext", may be empty) to the local part. user%domain becomes user@domain if the primary is
/// known to do so. An error for an invalid address, for a local part with a routing operator, and for a target without a domain if
/// $myorigin is unknown.
std::expected<Address, QualifyError> qualified(std::string_view external, std::string_view extension,
                                               const PrimaryRules& rules);

/// The leaf for a special target: a command, a file, a mailbox on the primary, or an unreadable target. nullopt for an
/// address and an include file, which are followed.
std::optional<Leaf> end_of(const Target& target);

}  // namespace shorthop
