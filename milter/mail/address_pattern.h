// Sets of addresses in settings: one address, a domain, or a pattern.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mail/address.h"

namespace shorthop {

/// Normalizes a set of addresses for comparison: "user@example.org", "example.org" (both folded, with A-labels), or a
/// pattern with the wildcards of fnmatch(3): "*-list@example.org", "*.example.org" (the same, except for labels with
/// wildcards). A text without '@' is a domain. nullopt if the text is none of these.
std::optional<std::string> address_pattern(std::string_view text);

/// `pattern` is from address_pattern(). U-labels and A-labels are two spellings of one domain; a label with wildcards
/// matches either spelling.
bool matches(std::string_view pattern, const Address& address);

}  // namespace shorthop
