// Tables behind check_recipient_access in this host's SMTP restrictions (postconf(5) smtpd_recipient_restrictions), and
// what they say of a recipient (access(5)). Pure but for the tables.
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

/// The names of all such tables, each once: in the restriction lists of main.cf, in those of services in master.cf, and
/// in restriction classes.
std::vector<std::string> recipient_access_tables(const Parameters& parameters);

/// The first action other than lets_pass() that a table has for the recipient: for its address, its domain or a parent
/// of that, or its user. More keys are asked than smtpd(8) asks, not fewer, and one that lets pass ends nothing: where
/// smtpd(8) might refuse, the recipient is kept.
std::expected<std::optional<std::string>, LookupFailure> find_access(const TableList& tables, const Address& recipient,
                                                                     const SearchRules& rules, Deadline deadline);

/// Whether mail for the recipient goes on as if there were no entry: access(5) OK, a number, DUNNO.
bool lets_pass(std::string_view action);

}  // namespace shorthop
