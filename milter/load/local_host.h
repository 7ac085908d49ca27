// This host, as its Postfix or explicit settings describe it. Answers the questions of the last step of a proof.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "load/table_opener.h"
#include "postfix/postconf.h"
#include "primary/local_host.h"
#include "primary/primary.h"
#include "tables/match_list.h"

namespace shorthop {

/// Folded domains, found without copying the key.
struct DomainHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view domain) const { return std::hash<std::string_view>()(domain); }
};
using DomainHashSet = std::unordered_set<std::string, DomainHash, std::equal_to<>>;

/// The settings of this host's Postfix that determine its recipients.
struct LocalPostfix {
  MatchList mydestination;
  MatchList virtual_alias_domains;
  MatchList virtual_mailbox_domains;
  std::string myorigin;  ///< folded
  std::string delimiters;
  bool owner_request_special = true;
  TableList local_recipients;
  TableList virtual_mailboxes;
  TableList virtual_aliases;
  TableList aliases;                            ///< alias_maps
  TableList canonical;                          ///< canonical_maps
  TableList recipient_canonical;                ///< recipient_canonical_maps
  TableList sender_canonical;                   ///< sender_canonical_maps
  TableList generic;                            ///< smtp_generic_maps
  std::vector<std::string> masquerade_domains;  ///< folded
  TableList recipient_bcc;                      ///< recipient_bcc_maps
  TableList transport;                          ///< transport_maps
  bool has_bare_transport_parents = false;      ///< parent_domain_matches_subdomains has transport_maps
  TableList relocated;                          ///< relocated_maps
  TableList recipient_access;                   ///< every table after check_recipient_access
};

/// A list of domains of this host's Postfix; `text` is the expanded value of the parameter `name`. Unreadable tables and
/// files are warnings, and every look-up that reaches them fails.
MatchList list_of_this_host(std::string_view name, std::string_view text, const FileReader& files, TableOpener& opener,
                            Diagnostics& warnings);

/// From the output of postconf(1), with its tables opened. Unreadable tables are warnings, and their look-ups fail.
LocalPostfix local_postfix(const Parameters& parameters, const FileReader& files, TableOpener& opener,
                           Diagnostics& warnings);

/// Each part is explicit, from Postfix, or unknown.
struct LocalHostParts {
  std::optional<DomainHashSet> domains;  ///< local-domains
  std::optional<TableList> recipients;   ///< local-recipients
  std::string delimiters;                ///< recipient_delimiter, for `recipients`
  std::optional<LocalPostfix> postfix;
  TableList sendmail_aliases;  ///< local-aliases
  /// This host has a Postfix that could not be asked: its rewriting is unknown.
  std::optional<LookupFailure> postfix_failure;
};

/// Whether a domain is local to any host that looks it up: localhost, a name without a dot, localhost.*, *.localdomain.
/// As a target on another host such a name never means this one.
bool is_implicitly_local(std::string_view domain);

std::shared_ptr<const LocalHost> local_host(LocalHostParts parts);

}  // namespace shorthop
