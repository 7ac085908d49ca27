// This host as its own Postfix or its explicit settings describe it: the answers that the last step of a proof needs.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "load/match_list.h"
#include "load/table_opener.h"
#include "postfix/postconf.h"
#include "primary/local_host.h"
#include "primary/primary.h"

namespace shorthop {

/// Folded domains, found without a copy of what is asked for.
struct DomainHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view domain) const { return std::hash<std::string_view>()(domain); }
};
using DomainHashSet = std::unordered_set<std::string, DomainHash, std::equal_to<>>;

/// The settings of a Postfix on this host that say whom it knows.
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
  TableList aliases;              ///< alias_maps
  TableList canonical;            ///< canonical_maps
  TableList recipient_canonical;  ///< recipient_canonical_maps
  TableList recipient_bcc;        ///< recipient_bcc_maps
  TableList recipient_access;     ///< every table behind check_recipient_access
};

/// What postconf(1) printed, with its tables opened. What cannot be read is a warning, and its questions fail.
LocalPostfix local_postfix(const Parameters& parameters, const FileReader& files, TableOpener& opener,
                           Diagnostics& warnings);

/// Each part is explicit, or as Postfix says, or not known.
struct LocalHostParts {
  std::optional<DomainHashSet> domains;  ///< local-domains
  std::optional<TableList> recipients;   ///< local-recipients
  std::string delimiters;                ///< recipient_delimiter, for `recipients`
  std::optional<LocalPostfix> postfix;
  TableList sendmail_aliases;  ///< local-aliases
  /// This host has a Postfix that could not be asked: what it rewrites is not known.
  std::optional<LookupFailure> postfix_failure;
};

/// Whether a domain is local to whatever host it is looked up on: localhost, a name without a dot, localhost.*,
/// *.localdomain. As a target of another host such a name never means this one.
bool is_implicitly_local(std::string_view domain);

std::shared_ptr<const LocalHost> local_host(LocalHostParts parts);

}  // namespace shorthop
