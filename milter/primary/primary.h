// What is known of a primary: the settings that shape its expansion, and its tables.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "system/file_reader.h"
#include "tables/search.h"
#include "tables/table.h"
#include "tables/text/target.h"
#include "text/ascii.h"

namespace shorthop {

/// postconf(5) propagate_unmatched_extensions, the classes that this program follows.
struct ExtensionPropagation {
  bool virtual_aliases = true;
  bool aliases = false;
  bool forwards = false;
  bool includes = false;
};

struct Limits {
  std::size_t virtual_recursion = 1000;  ///< postconf(5) virtual_alias_recursion_limit
  std::size_t virtual_expansion = 1000;  ///< postconf(5) virtual_alias_expansion_limit
  std::size_t address_length = 1000;     ///< postconf(5) virtual_alias_address_length_limit
  std::size_t local_nesting = 100;       ///< local(8): levels before it calls an alias a loop (local/alias.c)
  std::size_t steps = 10'000;            ///< ours: expansions for one recipient, of all tables together
  std::size_t targets = 100'000;         ///< ours: targets of all these expansions
  std::size_t leaves = 1000;             ///< ours: ends of one recipient's chain
};

/// postconf(5) forward_path: which of the files that its default names local(8) looks for. Neither: no user has one.
struct ForwardPath {
  bool with_extension = true;  ///< ~/.forward+ext
  bool plain = true;           ///< ~/.forward
};

/// Domains, folded, in the spelling that the primary's settings give.
using DomainSet = std::set<std::string, std::less<>>;

/// How a primary expands addresses (DESIGN 4).
enum class Profile : std::uint8_t { postfix, sendmail, flat };

/// The settings of a primary that change what it makes of an address; defaults are Postfix's.
struct PrimaryRules {
  DomainSet local_domains;          ///< mydestination: local(8) delivers these
  DomainSet virtual_alias_domains;  ///< every address is an alias or unknown
  /// virtual_alias_domains has $virtual_alias_maps, its default: a domain is one if it is a key of those tables.
  bool alias_domains_are_keys = false;
  DomainSet virtual_mailbox_domains;  ///< mailboxes on the primary
  /// Domains whose class is not known if it is none of the above, with A-labels: where there is no primary-postconf, those
  /// of the relay, and the primary's own names.
  DomainSet unsure_domains;
  DomainSet relayed_domains;  ///< relay_domains: taken by smtpd(8), and so are their subdomains
  /// Domains of the relay, with A-labels, where the lists above are known: in a spelling that none of them has, the
  /// primary refuses mail, or a list was not copied whole.
  DomainSet domains_to_be_listed;
  std::string myorigin;  ///< completes an address without a domain; folded; empty: not known
  /// Completes a domain without a dot (append_dot_mydomain = yes, mydomain), folded; empty: such a one is left alone.
  std::string dot_domain;
  std::string delimiters = "+";  ///< recipient_delimiter
  bool owner_request_special = true;
  bool percent_hack = false;  ///< allow_percent_hack is known to be on: user%domain is user@domain
  ExtensionPropagation propagate;
  ForwardPath forward_path;
  bool luser_relay = false;      ///< luser_relay is set: mail for a name without a mailbox goes on
  bool other_mailboxes = false;  ///< mailbox_transport, fallback_transport or the like: a name may have one there
  Limits limits;

  /// Whether a list of domains, other than one of keys, has it (folded, as it is spelled).
  bool lists(std::string_view domain) const {
    const auto is_in = [&](const DomainSet& names) { return names.contains(domain); };
    // parent_domain_matches_subdomains has relay_domains by default.
    const auto is_parent = [&](std::string_view name) {
      return domain.ends_with(name) && domain.substr(0, domain.size() - name.size()).ends_with('.');
    };
    return is_in(local_domains) || is_in(virtual_alias_domains) || is_in(virtual_mailbox_domains) ||
           is_in(relayed_domains) || std::ranges::any_of(relayed_domains, is_parent);
  }
};

/// The .forward files: where they lie, and the reader. Both are absent where the primary's homes are not known.
struct ForwardFiles {
  std::string path_pattern;  ///< "%u" stands for USER, or for USER+EXT, which is tried first
  std::shared_ptr<const FileReader> reader;
};

/// What one :include: file lists.
struct IncludeFile {
  std::vector<Target> targets;
  bool has_backslash = false;  ///< somewhere in its text
};

/// The :include: files that the primary's tables name, by their paths there; an error says why one is not here.
using IncludeFiles = std::map<std::string, std::expected<IncludeFile, std::string>, std::less<>>;

struct Primary {
  Profile profile = Profile::postfix;
  PrimaryRules rules;
  TableList virtual_aliases;  ///< with the profile sendmail: its virtusertable
  TableList aliases;
  std::optional<ForwardFiles> forwards;
  std::shared_ptr<const IncludeFiles> includes;  ///< null: include-root is not set
  std::optional<TableList> mailboxes;  ///< users with a mailbox on the primary; absent: not known, so all may have one
  std::optional<LookupFailure> unproven;  ///< why no recipient can be proven
  DomainSet arrives_here;  ///< with A-labels: domains of this host that the primary sends here, whatever the DNS says
};

}  // namespace shorthop
