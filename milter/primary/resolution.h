// The whole alias tree of one recipient as data: what each step made of which address, and where it all ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mail/address.h"
#include "tables/table.h"

namespace shorthop {

/// One expansion and its origin.
struct Step {
  std::string address;          ///< what was expanded: an address, or a local(8) name with its domain
  std::string_view by;          ///< the setting: "virtual-alias-maps", "alias-maps", "forward-files", "include-root"
  std::string table;            ///< "type:name", or the path of a .forward or include file
  std::uint32_t line = 0;       ///< 0: a table without lines
  std::vector<std::string> to;  ///< the targets, special ones as written
};

/// Where a branch ends. All but `local_mailbox` are reasons to keep the recipient.
enum class LeafKind : std::uint8_t {
  local_mailbox,      ///< a recipient that this host knows
  primary_mailbox,    ///< a mailbox on the primary
  foreign_target,     ///< an address on a third host
  command_target,     ///< "|command"
  file_target,        ///< "/file"
  include_target,     ///< a :include: file that cannot be read, or is empty
  owner_alias,        ///< an alias with an owner-NAME: the primary would change the sender
  unknown_recipient,  ///< the primary would refuse it
  local_unknown,      ///< an address of this host that this host does not know
  loop,               ///< an expansion that leads back to itself
  limit,              ///< a bound of Postfix's or of ours
  lookup_failed,      ///< a table did not answer for now
  not_mirrored,       ///< the primary has a table, file or setting that is not here
  not_followed,       ///< a setting decides about it that is not followed
  copied_elsewhere,   ///< a setting sends a copy to somebody else
  invalid_address,    ///< a target that we cannot read
};

struct Leaf {
  LeafKind kind = LeafKind::lookup_failed;
  std::string address;  ///< the address, or the special target as written
  std::string detail;   ///< what more there is to say: the failed look-up, the limit; may be empty
};

/// How much of a chain is asked for. To name each step costs as much as to find it.
enum class Trace : std::uint8_t {
  until_obstacle,  ///< up to the first end that is a reason to keep, in the order of the targets; no steps
  off,             ///< every end, no steps
  on,              ///< every end, and the steps
};

struct Resolution {
  std::vector<Step> steps;     ///< in the order in which they were made; only where the chain is recorded
  std::size_t step_count = 0;  ///< also where they are not recorded
  std::vector<Leaf> leaves;    ///< each once, in the order of the targets; empty only if the expansion is empty
  /// The addresses behind the leaves of kind local_mailbox, in the same order, each once. A decision to rewrite takes
  /// them over.
  std::vector<Address> mailboxes;
};

/// What a primary by itself makes of a recipient: its tree, where an address that leaves the primary stands as it is.
/// Whether that is a mailbox here, this host is asked (outbound.h).
struct Expanded {
  using End = std::variant<Leaf, Address>;

  std::vector<Step> steps;
  std::size_t step_count = 0;
  std::vector<End> ends;  ///< each once, in the order of the targets
};

/// The end that a failed look-up is.
LeafKind leaf_kind_of(FailureKind failure);

/// The reason code of a kind of leaf; "local-mailbox" for the one that is none.
std::string_view name_of(LeafKind kind);

}  // namespace shorthop
