// From a target as written to the address that the primary makes of it (trivial-rewrite(8), local form).
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "mail/address.h"
#include "primary/primary.h"
#include "primary/resolution.h"

namespace shorthop {

/// Why a target has no address: the end that it is, and a sentence.
struct QualifyError {
  LeafKind kind = LeafKind::invalid_address;
  std::string what;
};

/// The address with $myorigin appended where it has no domain, $mydomain where that has no dot (if the primary does
/// so), and `extension` ("+ext", may be empty) behind its local part. user%domain becomes user@domain where the primary
/// is known to do so. An error for what has no plain form, for what Postfix would route another way, and for a target
/// without a domain where $myorigin is not known.
std::expected<Address, QualifyError> qualified(std::string_view external, std::string_view extension,
                                               const PrimaryRules& rules);

}  // namespace shorthop
