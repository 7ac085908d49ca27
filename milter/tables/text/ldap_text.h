// Quotes a key for an LDAP filter (RFC 4515) and for a distinguished name (RFC 4514), and compares the descriptions of
// attributes (RFC 4512, 2.5).
#pragma once

#include <string>
#include <string_view>

namespace shorthop {

/// The text, escaped so that it cannot end or extend the value that contains it. The characters are those that Postfix
/// escapes (global/dict_ldap.c, rfc2254_quote()); a key has no NUL.
std::string quoted_for_filter(std::string_view text);

/// The text, escaped for a value in a distinguished name (global/dict_ldap.c, rfc2253_quote()).
std::string quoted_for_dn(std::string_view text);

/// Whether an attribute is the wanted one. Case and options are ignored: "Mail;lang-en" is "mail".
bool is_attribute_of(std::string_view wanted, std::string_view description);

}  // namespace shorthop
