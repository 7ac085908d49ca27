// The argument of RCPT TO, read twice: as the address it means, and as the text that a deletion must name.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "mail/address.h"

namespace shorthop {

/// The client's text less a source route, byte for byte: what smfi_delrcpt must be given. Postfix drops a source
/// route ("@a,@b:", RFC 5321, 4.1.2 A-d-l) from the recipient it keeps, but compares a deletion literally.
std::string without_source_route(std::string_view rcpt_argument);

/// The address in an argument of RCPT TO: "<user@domain>", "user@domain", with or without a source route. The null
/// path, a bare "postmaster", several addresses, text around the brackets, control characters: errors.
std::expected<Address, AddressError> parse_rcpt_path(std::string_view rcpt_argument);

}  // namespace shorthop
