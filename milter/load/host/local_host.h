// This host, as its Postfix or explicit settings describe it. Answers the questions about the ends of a chain
// (DESIGN 4.7).
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "load/host/local_postfix.h"
#include "primary/local_host.h"
#include "primary/primary.h"

namespace shorthop {

/// Folded domains, found without copying the key.
struct DomainHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view domain) const { return std::hash<std::string_view>()(domain); }
};
using DomainHashSet = std::unordered_set<std::string, DomainHash, std::equal_to<>>;

/// Each part is explicit, from Postfix, or unknown.
struct LocalHostParts {
  std::optional<DomainHashSet> domains;  ///< local-domains
  std::optional<TableList> recipients;   ///< local-recipients
  std::string delimiters;                ///< recipient_delimiter, for `recipients`
  std::optional<LocalPostfix> postfix;
  TableList sendmail_aliases;       ///< local-aliases
  std::optional<Primary> sendmail;  ///< this host as a Sendmail (local_sendmail.h); never with `postfix`
  std::string main_domain;          ///< the first of local-domains, folded
  /// Why it is unknown what this host's Postfix rewrites: it could not be asked, or has a setting that is not followed.
  std::optional<LookupFailure> postfix_failure;
};

/// Whether a domain is local to any host that looks it up: localhost, a name without a dot, localhost.*, *.localdomain.
/// As a target on another host, such a name never means this host.
bool is_implicitly_local(std::string_view domain);

std::shared_ptr<const LocalHost> local_host(LocalHostParts parts);

}  // namespace shorthop
