// Facts about a primary: the settings that shape its expansion, and its tables.
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

/// postconf(5) propagate_unmatched_extensions, the supported classes.
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
  std::size_t steps = 10'000;            ///< shorthop's own: expansions for one recipient, of all tables
  std::size_t targets = 100'000;         ///< shorthop's own: targets of all these expansions
  std::size_t leaves = 1000;             ///< shorthop's own: ends of one recipient's chain
};

/// postconf(5) forward_path: which files of its default value local(8) looks for; neither: users have no .forward.
struct ForwardPath {
  bool with_extension = true;  ///< ~/.forward+ext
  bool plain = true;           ///< ~/.forward
};

/// Domains, folded, spelled as in the primary's settings.
using DomainSet = std::set<std::string, std::less<>>;

/// How a primary expands addresses (DESIGN 4).
enum class Profile : std::uint8_t { postfix, sendmail, flat };

/// The settings of a primary that affect how it expands an address; defaults are Postfix's.
struct PrimaryRules {
  DomainSet local_domains;          ///< mydestination: local(8) delivers these
  DomainSet virtual_alias_domains;  ///< every address is an alias or unknown
  /// virtual_alias_domains is $virtual_alias_maps, its default: a domain belongs if it is a key in those tables.
  bool alias_domains_are_keys = false;
  DomainSet virtual_mailbox_domains;  ///< mailboxes on the primary
  /// Domains, with A-labels, whose class is unknown unless they are listed above: without primary-postconf, those of
  /// the relay and the primary's own names.
  DomainSet unsure_domains;
  DomainSet relayed_domains;  ///< relay_domains: smtpd(8) accepts these and their subdomains
  /// Domains of the relay, with A-labels, if the lists above are known. If none of them has the spelling that is asked
  /// for, the primary rejects the mail, or a list was not copied completely.
  DomainSet domains_to_be_listed;
  std::string myorigin;  ///< completes an address without a domain; folded; empty if unknown
  /// Completes a domain without a dot (append_dot_mydomain = yes, mydomain), folded; empty: such domains stay as they
  /// are.
  std::string dot_domain;
  std::string delimiters = "+";  ///< recipient_delimiter
  bool owner_request_special = true;
  bool percent_hack = false;  ///< allow_percent_hack is known to be on: user%domain is user@domain
  ExtensionPropagation propagate;
  ForwardPath forward_path;
  bool luser_relay = false;      ///< luser_relay is set: mail for a name without a mailbox is forwarded
  bool other_mailboxes = false;  ///< mailbox_transport, fallback_transport or the like: a name may have one there
  Limits limits;

  /// Whether a list of domains (not of keys) contains it (folded, in the spelling given).
  bool lists(std::string_view domain) const {
    const auto is_in = [&](const DomainSet& names) { return names.contains(domain); };
    // By default, parent_domain_matches_subdomains contains relay_domains.
    const auto is_parent = [&](std::string_view name) {
      return domain.ends_with(name) && domain.substr(0, domain.size() - name.size()).ends_with('.');
    };
    return is_in(local_domains) || is_in(virtual_alias_domains) || is_in(virtual_mailbox_domains) ||
           is_in(relayed_domains) || std::ranges::any_of(relayed_domains, is_parent);
  }
};

/// The .forward files: their location and reader. Both are absent if the primary's home directories are unknown.
struct ForwardFiles {
  std::string path_pattern;  ///< "%u" is replaced by USER+EXT, which is tried first, or USER
  std::shared_ptr<const FileReader> reader;
};

/// The contents of one :include: file.
struct IncludeFile {
  std::vector<Target> targets;
  bool has_backslash = false;  ///< somewhere in its text
};

/// The :include: files that the primary's tables name, by their paths there; the error says why a file has no copy
/// here.
using IncludeFiles = std::map<std::string, std::expected<IncludeFile, std::string>, std::less<>>;

struct Primary {
  Profile profile = Profile::postfix;
  PrimaryRules rules;
  TableList virtual_aliases;  ///< for the profile sendmail: its virtusertable
  TableList aliases;
  std::optional<ForwardFiles> forwards;
  std::shared_ptr<const IncludeFiles> includes;  ///< null: include-root is not set
  std::optional<TableList> mailboxes;  ///< users with a mailbox on the primary; absent: unknown, any name may have one
  std::optional<LookupFailure> unproven;  ///< why no recipient can be proven
  DomainSet arrives_here;  ///< with A-labels: domains of this host that the primary sends here, whatever the DNS says
};

}  // namespace shorthop
