// Tables after check_recipient_access in this host's SMTP restrictions (postconf(5) smtpd_recipient_restrictions), and
// their action for a recipient (access(5)). I/O only through the tables.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/address.h"
#include "postfix/parameters.h"
#include "tables/search.h"
#include "tables/table.h"

namespace shorthop {

/// The names of these tables, without duplicates: in restriction lists of main.cf, in those of services in master.cf,
/// and in restriction classes.
std::vector<std::string> recipient_access_tables(const Parameters& parameters);

/// The first action other than lets_pass() in any table for the recipient: for its address, its domain or a parent of
/// that, or its user. This looks up at least the keys that smtpd(8) does, and does not stop at an entry that lets it
/// pass: if smtpd(8) might reject the recipient, it is kept.
std::expected<std::optional<std::string>, LookupFailure> find_access(const TableList& tables, const Address& recipient,
                                                                     const SearchRules& rules, Deadline deadline);

/// Whether mail for the recipient is handled as without the entry: access(5) OK, a number, DUNNO.
bool lets_pass(std::string_view action);

}  // namespace shorthop
