// The argument of RCPT TO in two forms: the address, and the exact text that a deletion must use.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "mail/address.h"

namespace shorthop {

/// The client's text without a source route, byte for byte: the argument for smfi_delrcpt. Postfix drops the source
/// route ("@a,@b:", RFC 5321, 4.1.2 A-d-l) of a recipient, and compares a deletion literally with the rest.
std::string without_source_route(std::string_view rcpt_argument);

/// Parses an argument of RCPT TO: "<user@domain>" or "user@domain", with or without a source route. Errors: the null
/// path, a bare "postmaster", several addresses, text around the brackets, a partly quoted word, control characters.
std::expected<Address, AddressError> parse_rcpt_path(std::string_view rcpt_argument);

}  // namespace shorthop
