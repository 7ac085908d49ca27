#include "load/host/sender_access.h"

#include <fmt/format.h>

#include <expected>
#include <memory>
#include <string>

#include "mail/rcpt.h"
#include "tables/access.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

using Action = std::expected<std::optional<std::string>, LookupFailure>;

/// postconf(5) smtpd_null_access_lookup_key.
Action action_for_null_sender(const Table& table, Deadline deadline) {
  Lookup found = table.find(LookupKey::whole("<>"), deadline);
  if (!found) return std::unexpected(std::move(found.error()));
  if (!*found || lets_pass((*found)->value)) return std::nullopt;
  return std::move((*found)->value);
}

/// nullopt: the table has no action, or one that every sender gets.
Action own_action(const std::shared_ptr<const Table>& table, const std::optional<Address>& sender,
                  const SearchRules& search, Deadline deadline) {
  const TableList tables({table});
  Action action = sender ? find_access(tables, *sender, search, deadline) : action_for_null_sender(*table, deadline);
  if (!action || !*action) return action;
  const auto nobody = Address::from_parts("nobody", "sender.invalid");  // RFC 6761, 6.4: no sender has this address
  const Action usual = find_access(tables, *nobody, search, deadline);
  return usual && *usual == *action ? Action(std::nullopt) : action;
}

}  // namespace

std::optional<LookupFailure> action_for_sender(const TableList& tables, std::string_view path,
                                               const SearchRules& search, Deadline deadline) {
  if (tables.empty()) return std::nullopt;
  std::optional<Address> sender;
  if (path != "<>") {
    auto parsed = parse_rcpt_path(path);
    if (!parsed)
      return LookupFailure{"this sender cannot be looked up in check_sender_access of this host",
                           FailureKind::not_followed};
    sender = std::move(*parsed);
  }
  for (const auto& table : tables.tables()) {
    const Action action = own_action(table, sender, search, deadline);
    if (!action) return action.error();
    if (!*action) continue;
    return LookupFailure{fmt::format("check_sender_access of this host has \"{}\" for the sender, in {}",
                                     printable(**action, 100), printable(table->name(), 100)),
                         FailureKind::not_followed};
  }
  return std::nullopt;
}

}  // namespace shorthop
