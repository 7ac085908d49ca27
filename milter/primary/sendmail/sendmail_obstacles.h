// Whether a setting of sendmail.cf that is not followed decides about an address of the primary.
#pragma once

#include <expected>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "mail/address.h"
#include "primary/primary.h"
#include "primary/resolution.h"
#include "primary/sendmail/sendmail_rules.h"
#include "tables/table.h"

namespace shorthop {

/// The end of a branch, if there is an obstacle; nullopt if there is none.
using Obstacle = std::expected<std::optional<Leaf>, LookupFailure>;

/// Whether the virtusertable is asked for addresses of a domain that is not in class w.
bool is_virtual_domain(const SendmailRules& rules, std::string_view domain);

/// The first obstacle with one of these concerns, as the end of this address.
std::optional<Leaf> obstacle_for(const Address& address, const SendmailRules& rules,
                                 std::initializer_list<SendmailConcern> concerns);

/// For the recipient that the primary's SMTP server gets: check_rcpt, which asks the access map as described in
/// cf/README, "blocklist_recipients". Any entry but OK and RELAY is an obstacle. `is_local`: its domain is in class w.
Obstacle recipient_obstacle(const Address& recipient, bool is_local, const SendmailRules& rules, Deadline deadline);

/// Whether an entry of the access map for a recipient may concern the whole message (DISCARD, QUARANTINE). Also true if
/// the map cannot list its entries.
bool may_act_on_messages(const SendmailRules& rules);

/// For every address with a domain: domaintable, bcctable, LDAP routing.
Obstacle address_obstacle(const Address& address, const SendmailRules& rules, Deadline deadline);

/// For an address that leaves the primary: mailertable and SMART_HOST.
Obstacle outbound_obstacle(const Address& address, const SendmailRules& rules, Deadline deadline);

}  // namespace shorthop
