// What a setting says of a set of addresses: one address, a domain, or a pattern.
#pragma once

#include <string_view>

#include "mail/address.h"

namespace shorthop {

/// `pattern`, folded, is "user@example.org", "example.org", or has the wildcards of fnmatch(3): "*-list@example.org",
/// "*.example.org". Without an '@' it stands for the domain.
bool matches(std::string_view pattern, const Address& address);

/// Whether a text can be such a pattern.
bool is_address_pattern(std::string_view text);

}  // namespace shorthop
