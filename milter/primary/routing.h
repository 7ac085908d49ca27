// What trivial-rewrite(8) of the primary decides about an address: its class (ADDRESS_CLASS_README), and whether a
// table or a setting sends it another way than its class does.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "mail/address.h"
#include "primary/local_host.h"
#include "primary/primary.h"
#include "primary/resolution.h"
#include "tables/search.h"

namespace shorthop {

/// How the primary searches its tables for an address. `rules` must outlive the result. If $myorigin or the primary's
/// own name is unknown, it may be any domain outside of mydestination. Then it is not known whether keys without a
/// domain apply.
SearchRules search_rules_of(const PrimaryRules& rules);

enum class AddressClass : std::uint8_t {
  local,            ///< mydestination
  virtual_alias,    ///< an alias or unknown
  virtual_mailbox,  ///< a mailbox on the primary
  relay,            ///< relay_domains
  other,            ///< every other domain
};

/// The class of a domain (folded).
std::expected<AddressClass, LookupFailure> class_of(std::string_view domain, const Primary& primary, Deadline deadline);

/// transport(5), "RESULT FORMAT": "transport:nexthop", each of which may be empty.
MailRoute route_from(std::string_view value);

/// The route of an address that leaves its host: trivial-rewrite(8) builds the route from the entry in transport_maps
/// (if there is one), the `usual` route (relay_transport or default_transport) and relayhost.
MailRoute joined_route(const std::optional<MailRoute>& entry, MailRoute usual, std::string_view relayhost);

/// The next hop of the route, if smtp(8) connects to it on the SMTP port; empty for any other route.
/// `has_other_default_port`: see NotFollowed.
SmtpHop smtp_hop(const MailRoute& route, const PrimaryRules& rules, bool has_other_default_port);

/// Looks up these keys in order (transport(5), "TABLE SEARCH ORDER"): the address, the address without its extension,
/// its domain, each parent as ".parent", "*". With `has_bare_parents`, each parent as "parent"
/// (parent_domain_matches_subdomains).
std::expected<std::optional<Found>, LookupFailure> find_transport(const Address& address, const TableList& tables,
                                                                  bool has_bare_parents, const SearchRules& search,
                                                                  Deadline deadline);

/// Why mail for the address is not sent in the way of its class. The reason is an entry in transport_maps,
/// relocated_maps or smtp_generic_maps, or a transport that is not followed, or a look-up that failed. nullopt if there
/// is no such reason.
std::optional<Detour> detour(const Address& address, AddressClass its_class, const Primary& primary,
                             const SearchRules& search, Deadline deadline);

/// For an address that the recipient tables of smtpd(8) lack: why smtpd(8) may refuse it with another text and code
/// than for "user unknown". relocated_maps has it, transport_maps sends it to the error transport
/// (smtpd/smtpd_check.c: check_rcpt_maps), or the look-up failed. nullopt: the user is unknown.
std::optional<LookupFailure> own_refusal(const Address& address, AddressClass its_class, const Primary& primary,
                                         const SearchRules& search, Deadline deadline);

/// Why the primary accepts no address of this form: it begins with '-', which a command could take for an option
/// (postconf(5) allow_min_user), or it is not ASCII (smtputf8_enable).
std::optional<LookupFailure> form_obstacle(const Address& address, const PrimaryRules& rules);

/// Whether a list of domains has the domain of the address; true for domains that need not be listed.
std::expected<bool, LookupFailure> is_listed(const Address& address, const Primary& primary, Deadline deadline);

/// Why an smtpd(8) might refuse an address that is in its tables of recipients: by recipient_access and refusals of
/// `tables`.
std::optional<LookupFailure> access_obstacle(const Address& address, const AddressTables& tables,
                                             const SearchRules& search, Deadline deadline);

/// Why an address may come back as another one, or as several, from the primary's content filter and the second pass
/// through cleanup(8).
std::optional<LookupFailure> filter_obstacle(const Address& address, const Primary& primary, const SearchRules& search,
                                             Deadline deadline);

/// Whether the primary has tables of actions for recipients: an action may concern the whole message (access(5)
/// DISCARD).
bool has_recipient_actions(const Primary& primary);

/// Whether smtpd(8) of the primary, or the one behind its content filter, asks some of these tables only if the message
/// has a single recipient.
bool asks_lone_recipients(const Primary& primary);

/// Whether the primary may act on the whole message because of a recipient whose chain is not followed.
bool may_concern_message(const Address& recipient, const Primary& primary, Deadline deadline);

}  // namespace shorthop
