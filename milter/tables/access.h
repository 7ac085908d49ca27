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

/// The first action other than lets_pass() in any table for the recipient: for its address, its domain or a parent of
/// that, or its user. This looks up at least the keys that smtpd(8) does, and does not stop at an entry that lets the
/// recipient pass: if smtpd(8) might reject the recipient, shorthop keeps it.
std::expected<std::optional<std::string>, LookupFailure> find_access(const TableList& tables, const Address& recipient,
                                                                     const SearchRules& rules, Deadline deadline);

/// Whether smtpd(8) applies the action to the whole message, and not only to the recipient: access(5) DISCARD, FILTER,
/// HOLD, REDIRECT, and every action that is not known to concern the recipient alone.
bool concerns_message(std::string_view action);

/// Whether mail for the recipient is handled as without the entry: access(5) OK, a number, DUNNO.
bool lets_pass(std::string_view action);

}  // namespace shorthop
