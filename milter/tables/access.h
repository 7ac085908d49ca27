// access(5) for a recipient: the keys that smtpd(8) looks up for check_recipient_access, what their values mean, and
// the recipients that no table permits. No I/O: tables are used through the Table interface only.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/address.h"
#include "tables/search.h"
#include "tables/table.h"

namespace shorthop {

/// A bare restriction that refuses every recipient, unless an earlier table in the same list of restrictions permits
/// the recipient: "check_recipient_access hash:/allowed, reject".
struct AccessRefusal {
  std::string text;                     ///< "reject in smtpd_recipient_restrictions"
  std::vector<std::size_t> permitting;  ///< the earlier tables, as indexes into the list of all tables
  bool operator==(const AccessRefusal&) const = default;
};

/// The first action, in any table, that concerns the whole message (concerns_message()), or else the first one that
/// does not let the recipient pass (lets_pass()). The search looks up the recipient's address, its domain, the parents
/// of that domain, and its user: at least the keys that smtpd(8) looks up, in their order. In each table, it ends at
/// the first entry that smtpd(8) certainly looks up: "user@example.org OK" hides "example.org REJECT". An entry that
/// lets the recipient pass does not end the search in the other tables.
std::expected<std::optional<std::string>, LookupFailure> find_access(const TableList& tables, const Address& recipient,
                                                                     const SearchRules& rules, Deadline deadline);

/// The text of the first refusal that smtpd(8) may apply to the recipient; nullopt: none. A refusal does not apply if
/// one of its `permitting` tables certainly permits the recipient. A table does so if smtpd(8) certainly finds an
/// entry in it, and if every entry that smtpd(8) may find first permits the recipient.
std::expected<std::optional<std::string>, LookupFailure> find_refusal(const TableList& tables,
                                                                      const std::vector<AccessRefusal>& refusals,
                                                                      const Address& recipient,
                                                                      const SearchRules& rules, Deadline deadline);

/// Whether an entry whose value is this list of restrictions and classes does not keep the recipient.
using ListTest = std::function<bool(std::string_view list)>;

/// A view of `table` in which the value of an entry counts as DUNNO if it is a list for which `is_ignorable` is true.
std::shared_ptr<const Table> ignore_lists(std::shared_ptr<const Table> table, ListTest is_ignorable);

/// Whether smtpd(8) applies the action to the whole message, and not only to the recipient: access(5) DISCARD, FILTER,
/// HOLD, PREPEND (all recipients get the header field), REDIRECT, and every action that is not known to concern the
/// recipient alone. BCC concerns only the recipient: it sends one copy, whichever other recipients the message has.
bool concerns_message(std::string_view action);

/// Whether one of the tables may have an action for which concerns_message() is true. Also true for a table that cannot
/// list its entries.
bool may_act_on_messages(const TableList& tables);

/// Whether the action refuses the mail, at least for now: REJECT, DEFER, DEFER_IF_PERMIT, a reply such as "550 no", or
/// a list of restrictions with a bare refusal ("reject").
bool refuses(std::string_view action);

/// Whether the action changes nothing about the delivery: it permits the recipient, or smtpd(8) goes on to the next
/// restriction (DUNNO, INFO, WARN).
bool lets_pass(std::string_view action);

/// Whether every entry of the tables lets the mail pass or refuses it. False if a table cannot list its entries.
bool only_pass_or_refuse(const TableList& tables);

}  // namespace shorthop
