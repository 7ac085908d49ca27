// access(5) for a recipient: the keys that smtpd(8) looks up after check_recipient_access, and what their values mean.
// No I/O: tables are used through the Table interface only.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "mail/address.h"
#include "tables/search.h"
#include "tables/table.h"

namespace shorthop {

/// The first action, in any table, that concerns the whole message (concerns_message()), or else the first one that
/// does not let the recipient pass (lets_pass()). The search looks up the recipient's address, its domain, the parents
/// of that domain, and its user: at least the keys that smtpd(8) looks up. An entry that lets the recipient pass does
/// not end the search, because shorthop keeps each recipient that smtpd(8) might reject.
std::expected<std::optional<std::string>, LookupFailure> find_access(const TableList& tables, const Address& recipient,
                                                                     const SearchRules& rules, Deadline deadline);

/// Whether smtpd(8) applies the action to the whole message, and not only to the recipient: access(5) DISCARD, FILTER,
/// HOLD, PREPEND (all recipients get the header field), REDIRECT, and every action that is not known to concern the
/// recipient alone. BCC sends one copy of the message, which it also does if the other recipients do not come.
bool concerns_message(std::string_view action);

/// Whether mail for the recipient is handled as if there were no entry: access(5) OK, a number, DUNNO.
bool lets_pass(std::string_view action);

}  // namespace shorthop
