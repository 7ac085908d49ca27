// What is known of a primary: the settings that shape its expansion, and its tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "mail/ascii.h"
#include "tables/file_reader.h"
#include "tables/search.h"
#include "tables/table.h"

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

/// Domains, folded.
using DomainSet = std::set<std::string, std::less<>>;

/// How a primary expands addresses (DESIGN 4).
enum class Profile : std::uint8_t { postfix, sendmail, flat };

/// The settings of a primary that change what it makes of an address; defaults are Postfix's.
struct PrimaryRules {
  DomainSet local_domains;            ///< mydestination: local(8) delivers these
  DomainSet virtual_alias_domains;    ///< every address is an alias or unknown
  DomainSet virtual_mailbox_domains;  ///< mailboxes on the primary
  /// Domains that may be local to the primary or not: its host name, where only the relay file is known.
  DomainSet unsure_domains;
  std::string myorigin;  ///< completes an address without a domain; folded
  /// Completes a domain without a dot (append_dot_mydomain = yes, mydomain), folded; empty: such a one is left alone.
  std::string dot_domain;
  std::string delimiters = "+";  ///< recipient_delimiter
  bool owner_request_special = true;
  ExtensionPropagation propagate;
  ForwardPath forward_path;
  bool luser_relay = false;      ///< luser_relay is set: mail for a name without a mailbox goes on
  bool other_mailboxes = false;  ///< mailbox_transport, fallback_transport or the like: a name may have one there
  Limits limits;
};

/// The .forward files: where they lie, and the reader. Both are absent where the primary's homes are not known.
struct ForwardFiles {
  std::string path_pattern;  ///< "%u" stands for USER, or for USER+EXT, which is tried first
  std::shared_ptr<const FileReader> reader;
};

/// The :include: files, as copied from the primary below a directory.
struct IncludeFiles {
  std::filesystem::path root;
  std::shared_ptr<const FileReader> reader;
};

class ChainMemory;

struct Primary {
  Profile profile = Profile::postfix;
  PrimaryRules rules;
  TableList virtual_aliases;  ///< with the profile sendmail: its virtusertable
  TableList aliases;
  std::optional<ForwardFiles> forwards;
  std::optional<IncludeFiles> includes;
  std::optional<TableList> mailboxes;  ///< users with a mailbox on the primary; absent: not known, so all may have one
  /// What all of this, and the host of the snapshot if it is fixed, made of recipients that had mail before; null where
  /// a table may change while it is used.
  std::shared_ptr<ChainMemory> memory;
};

/// This host, as far as the proof needs it. A failure of any question means: keep.
class LocalHost {
 public:
  virtual ~LocalHost() = default;
  /// Whether every question has one answer for as long as the host lives.
  virtual bool is_fixed() const { return false; }
  /// Whether this host is the final destination of the domain (folded, as it is spelled).
  virtual std::expected<bool, LookupFailure> is_local_domain(std::string_view domain) const = 0;
  /// Whether smtpd(8) here would accept the recipient, whose domain is local to this host.
  virtual std::expected<bool, LookupFailure> knows(const Address& recipient) const = 0;
  /// Whether this host rewrites the address itself (canonical_maps, virtual_alias_maps) before it looks where it goes.
  virtual std::expected<bool, LookupFailure> rewrites(const Address& recipient) const = 0;
  /// Whether an alias of this host makes of the recipient an address that is not this host's, or one that is not known.
  virtual std::expected<bool, LookupFailure> leads_away(const Address& recipient) const = 0;
};

inline std::expected<bool, LookupFailure> is_local_domain(const LocalHost& host, const Address& address) {
  return address.is_ascii() ? host.is_local_domain(address.key_domain())
                            : host.is_local_domain(address.spelled_domain());
}

}  // namespace shorthop
