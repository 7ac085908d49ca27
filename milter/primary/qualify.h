// From a target as written to the address that the primary makes of it (trivial-rewrite(8), local form).
#pragma once

#include <expected>
#include <string_view>

#include "mail/address.h"
#include "primary/primary.h"

namespace shorthop {

/// The address with $myorigin appended where it has no domain, $mydomain where that has no dot (if the primary does
/// so), and `extension` ("+ext", may be empty) behind its local part. An error for what has no plain form, and for
/// `user%domain` and its like, which Postfix would route.
std::expected<Address, AddressError> qualified(std::string_view external, std::string_view extension,
                                               const PrimaryRules& rules);

}  // namespace shorthop
