// Sets of addresses in settings: one address, a domain, or a pattern.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mail/address.h"

namespace shorthop {

/// Normalizes a set of addresses for comparison: an address ("user@example.org"), a domain ("example.org"), or a
/// pattern with the wildcards of fnmatch(3) ("*-list@example.org", "*.example.org"). A text without '@' is a domain.
/// The result is folded and has A-labels; a label with wildcards is only folded. nullopt if the text is not an address,
/// a domain or a pattern.
std::optional<std::string> address_pattern(std::string_view text);

/// `pattern` is from address_pattern(). U-labels and A-labels are two spellings of one domain; a label with wildcards
/// matches either spelling.
bool matches(std::string_view pattern, const Address& address);

}  // namespace shorthop
