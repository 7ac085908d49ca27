// What a setting says of a set of addresses: one address, a domain, or a pattern.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mail/address.h"

namespace shorthop {

/// A set of addresses as it is compared: "user@example.org", "example.org" (both folded, with A-labels), or a pattern
/// with the wildcards of fnmatch(3): "*-list@example.org", "*.example.org". Without an '@' it stands for the domain.
/// Nothing if the text is none of them.
std::optional<std::string> address_pattern(std::string_view text);

/// `pattern` is from address_pattern().
bool matches(std::string_view pattern, const Address& address);

}  // namespace shorthop
