// The settings of this host's Postfix that decide about its recipients, with their tables opened.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "load/table_opener.h"
#include "postfix/parameters.h"
#include "primary/local_host.h"
#include "primary/primary.h"
#include "primary/routing.h"
#include "system/file_reader.h"
#include "tables/access.h"
#include "tables/match_list.h"
#include "text/diagnostic.h"

namespace shorthop {

/// The parameters that route mail without an entry in transport_maps (ADDRESS_CLASS_README).
struct UsualRoutes {
  MatchList relay_domains;
  bool relays_subdomains = false;  ///< parent_domain_matches_subdomains has relay_domains
  MailRoute local_transport;
  MailRoute virtual_transport;
  MailRoute relay_transport;
  MailRoute default_transport;
  std::string relayhost;
  bool has_relayhosts_by_sender = false;  ///< sender_dependent_relayhost_maps is set
  bool has_transports_by_sender = false;  ///< sender_dependent_default_transport_maps is set
};

struct LocalPostfix {
  MatchList mydestination;
  MatchList virtual_alias_domains;
  MatchList virtual_mailbox_domains;
  std::string myorigin;    ///< folded
  std::string dot_domain;  ///< mydomain, folded, which append_dot_mydomain appends; empty: nothing is appended
  std::string delimiters;
  bool owner_request_special = true;
  bool merges_copies = false;  ///< several recipients may get one copy of mail that comes back
  TableList local_recipients;
  TableList virtual_mailboxes;
  TableList virtual_aliases;
  Limits limits;                                ///< its virtual_alias_*_limit
  TableList aliases;                            ///< alias_maps
  TableList canonical;                          ///< canonical_maps
  bool maps_recipients = true;                  ///< canonical_classes has envelope_recipient
  TableList recipient_canonical;                ///< recipient_canonical_maps
  bool maps_recipients_alone = true;            ///< recipient_canonical_classes has envelope_recipient
  ExtensionPropagation propagate;               ///< propagate_unmatched_extensions
  TableList sender_canonical;                   ///< sender_canonical_maps
  TableList generic;                            ///< smtp_generic_maps
  std::vector<std::string> masquerade_domains;  ///< folded
  bool masquerades_recipients = false;          ///< masquerade_classes has envelope_recipient
  TableList recipient_bcc;                      ///< recipient_bcc_maps
  TableList transport;                          ///< transport_maps
  bool has_bare_transport_parents = false;      ///< parent_domain_matches_subdomains has transport_maps
  TableList relocated;                          ///< relocated_maps
  UsualRoutes routes;
  TableList recipient_access;           ///< every table after check_recipient_access
  std::vector<AccessRefusal> refusals;  ///< restrictions that refuse recipients which no such table permits
  TableList sender_access;              ///< every table after check_sender_access
  bool refuses_shared_bounces = false;  ///< a restriction is reject_multi_recipient_bounce
  bool acts_on_messages = false;        ///< LocalHost::acts_on_messages()
  /// The names of the parameters from which the members are set. The parameters for `routes` are not included: only
  /// trivial-rewrite(8) uses them, so their values for other services change no route.
  std::set<std::string, std::less<>> read;
};

/// Whether masquerading may change the domain of the address. Exceptions are not read.
bool has_masqueraded_domain(const Address& address, const LocalPostfix& postfix);

/// The canonical tables that cleanup(8) asks about recipients, in its order. smtpd(8) asks them all, whatever their
/// classes are.
std::vector<const TableList*> canonical_of_recipients(const LocalPostfix& postfix);

/// The class of a domain, which is folded. To Postfix, a U-label and its A-label are two domains.
std::expected<AddressClass, LookupFailure> class_of(std::string_view domain, const LocalPostfix& postfix,
                                                    Deadline deadline);

/// The route of an address, by its class and by its entry in transport_maps, if it has one. Fails if the route may
/// depend on the sender.
std::expected<MailRoute, LookupFailure> route_of(AddressClass its_class, const std::optional<MailRoute>& entry,
                                                 const UsualRoutes& routes);

/// A list of domains of this host's Postfix; `text` is the expanded value of the parameter `name`. Unreadable tables
/// and files are warnings, and every look-up that reaches them fails.
MatchList list_of_this_host(std::string_view name, std::string_view text, const FileReader& files, TableOpener& opener,
                            Diagnostics& warnings);

/// From the output of postconf(1), with its tables opened. Unreadable tables are warnings, and their look-ups fail.
LocalPostfix local_postfix(const Parameters& parameters, const FileReader& files, TableOpener& opener,
                           Diagnostics& warnings);

}  // namespace shorthop
