// The alias tree of one recipient as data: each step with its address and targets, and all ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mail/address.h"
#include "tables/table.h"

namespace shorthop {

/// One expansion and its origin.
struct Step {
  std::string address;          ///< the address expanded, or a local(8) name with its domain
  std::string_view by;          ///< the setting: "virtual-alias-maps", "alias-maps", "forward-files", "include-root"
  std::string table;            ///< "type:name", or the path of a .forward or include file
  std::uint32_t line = 0;       ///< 0: the table has no lines
  std::vector<std::string> to;  ///< the targets, special ones as written
};

/// Where a branch ends. Every kind but `local_mailbox` is a reason to keep the recipient; session/reason.h says what
/// each means.
enum class LeafKind : std::uint8_t {
  local_mailbox,
  primary_mailbox,
  foreign_target,
  command_target,
  file_target,
  include_target,
  owner_alias,
  unknown_recipient,
  local_unknown,
  loop,
  limit,
  lookup_failed,
  not_mirrored,
  not_followed,
  copied_elsewhere,
  invalid_address,
};

struct Leaf {
  LeafKind kind = LeafKind::lookup_failed;
  std::string address;            ///< the address, or the special target as written
  std::string detail;             ///< further information: the failed look-up, the limit; may be empty
  bool concerns_message = false;  ///< see LookupFailure::concerns_message
  /// For an unknown_recipient: smtpd(8) of the primary accepts it, and its mail is returned later.
  bool is_accepted = false;
  bool is_forwarded = false;  ///< see Expanded::Outbound::is_forwarded
};

/// How much of a chain the caller wants. Describing a step costs as much as finding it.
enum class Trace : std::uint8_t {
  until_obstacle,  ///< up to the first end that is a reason to keep, in target order; no steps
  off,             ///< every end, no steps
  ends,            ///< every end, no steps; a decision keeps the ends, which it drops with `off`
  on,              ///< every end, and the steps
};

struct Resolution {
  std::vector<Step> steps;     ///< in the order in which they were made; only with Trace::on
  std::size_t step_count = 0;  ///< also counted when steps are not recorded
  std::vector<Leaf> leaves;    ///< each once, in the order of the targets; empty only if the expansion is empty
  /// The addresses of the local_mailbox leaves, in the same order, without duplicates. A decision to rewrite moves them
  /// out.
  std::vector<Address> mailboxes;
  bool has_branches = false;  ///< a step had several targets

  /// Whether no step had more than one target, so that the chain has one end. Known even if the chain was followed only
  /// to its first obstacle.
  bool is_linear() const { return !has_branches; }
};

/// A next hop of smtp(8), without brackets and port: one host, or a domain whose MX records are looked up (smtp(8),
/// "[host]" and "domain"). At most one of the members is set.
struct SmtpHop {
  std::string host = {};
  std::string domain = {};  ///< with A-labels
};

/// Why the primary sends the mail for an address another way than its AddressClass requires: see detour() (routing.h).
struct Detour {
  LookupFailure why;
  SmtpHop next_hop = {};  ///< where smtp(8) sends it; empty: not known
};

/// A recipient's expansion by the primary alone: addresses that leave the primary are not followed further. This host
/// then says which of them are mailboxes here (outbound.h).
struct Expanded {
  /// An address that leaves the primary.
  struct Outbound {
    Address address;
    std::optional<Detour> detour;
    bool is_forwarded = false;  ///< local(8) forwards its mail, each time as a message of its own
  };
  using End = std::variant<Leaf, Outbound>;

  std::vector<Step> steps;
  std::size_t step_count = 0;
  std::vector<End> ends;         ///< each once, in the order of the targets
  std::size_t target_count = 0;  ///< targets of all steps; also counted when steps are not recorded
  bool has_branches = false;     ///< a step had several targets
};

/// The kind of leaf for a failed look-up.
LeafKind leaf_kind_of(FailureKind failure);

/// The reason code of a kind of leaf; "local-mailbox" is not a reason.
std::string_view name_of(LeafKind kind);

}  // namespace shorthop
