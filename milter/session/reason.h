// The reason codes (DESIGN 4): stable words in logs, JSON and counters.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "primary/resolution.h"

namespace shorthop {

enum class Reason : std::uint8_t {
  all_local,
  split,
  not_relayed,
  unknown_recipient,
  primary_mailbox,
  foreign_target,
  command_target,
  file_target,
  include_target,
  owner_alias,
  local_unknown,
  loop,
  limit,
  lookup_failed,
  not_mirrored,
  not_followed,
  copied_elsewhere,
  policy,
  refuted,
  stale,
  excluded,
  from_primary,
  invalid_address,
  mta_not_relaying,
};

struct ReasonRow {
  Reason reason;
  std::string_view name;
  std::string_view meaning;
};

/// All reasons, in the order of the enumeration. Manual pages, help and counters use them.
inline constexpr std::array reason_rows = {
    ReasonRow{Reason::all_local, "all-local", "every end of the alias chain is a mailbox on this host"},
    ReasonRow{Reason::split, "split", "the local ends are delivered here, the others stay at the primary"},
    ReasonRow{Reason::not_relayed, "not-relayed", "the domain is not a relay domain"},
    ReasonRow{Reason::unknown_recipient, "unknown-recipient",
              "the primary does not know the address; reject-unknown may refuse it"},
    ReasonRow{Reason::primary_mailbox, "primary-mailbox", "the chain ends in a mailbox on the primary"},
    ReasonRow{Reason::foreign_target, "foreign-target", "the chain leads to a third host"},
    ReasonRow{Reason::command_target, "command-target", "the chain leads to a command"},
    ReasonRow{Reason::file_target, "file-target", "the chain leads to a file"},
    ReasonRow{Reason::include_target, "include-target", "an include file is missing, unreadable or empty"},
    ReasonRow{Reason::owner_alias, "owner-alias", "an owner- alias makes the primary change the sender"},
    ReasonRow{Reason::local_unknown, "local-unknown", "the chain ends in an unknown address of this host"},
    ReasonRow{Reason::loop, "loop", "the chain leads back to itself"},
    ReasonRow{Reason::limit, "limit", "the chain is longer or wider than a limit of the primary or of shorthop"},
    ReasonRow{Reason::lookup_failed, "lookup-failed",
              "a table or the DNS could not be asked now; a later attempt may succeed"},
    ReasonRow{Reason::not_mirrored, "not-mirrored",
              "the primary has a table, file or setting that is not on this host"},
    ReasonRow{Reason::not_followed, "not-followed",
              "a setting of the primary or of this host decides about the address and is not followed"},
    ReasonRow{Reason::copied_elsewhere, "copied-elsewhere",
              "a BCC table of the primary, or of this host for the target, sends a copy to another address"},
    ReasonRow{Reason::policy, "policy",
              "the primary does something to mail that this host does not, and accept-difference does not name it"},
    ReasonRow{Reason::refuted, "refuted",
              "mail for the address did not come back as predicted, and the data has not changed since"},
    ReasonRow{Reason::stale, "stale",
              "the alias data must not be used: it is too old, is incomplete, has shrunk, or is not loaded yet"},
    ReasonRow{Reason::excluded, "excluded", "a setting excludes the address"},
    ReasonRow{Reason::from_primary, "from-primary", "the client is the primary itself"},
    ReasonRow{Reason::invalid_address, "invalid-address", "an address or a parameter cannot be passed on safely"},
    ReasonRow{Reason::mta_not_relaying, "mta-not-relaying", "the MTA would not relay the recipient to the primary"},
};

constexpr std::string_view name_of(Reason reason) { return reason_rows[static_cast<std::size_t>(reason)].name; }

/// The reason to keep for a kind of leaf; `all_local` for a local mailbox.
Reason reason_of(LeafKind kind);
/// The reason to keep for a failed look-up.
inline Reason reason_of(FailureKind failure) { return reason_of(leaf_kind_of(failure)); }

}  // namespace shorthop
