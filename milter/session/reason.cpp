#include "session/reason.h"

namespace shorthop {

Reason reason_of(LeafKind kind) {
  switch (kind) {
    case LeafKind::local_mailbox: return Reason::all_local;
    case LeafKind::primary_mailbox: return Reason::primary_mailbox;
    case LeafKind::foreign_target: return Reason::foreign_target;
    case LeafKind::command_target: return Reason::command_target;
    case LeafKind::file_target: return Reason::file_target;
    case LeafKind::include_target: return Reason::include_target;
    case LeafKind::owner_alias: return Reason::owner_alias;
    case LeafKind::unknown_recipient: return Reason::unknown_recipient;
    case LeafKind::local_unknown: return Reason::local_unknown;
    case LeafKind::loop: return Reason::loop;
    case LeafKind::limit: return Reason::limit;
    case LeafKind::lookup_failed: return Reason::lookup_failed;
    case LeafKind::not_mirrored: return Reason::not_mirrored;
    case LeafKind::not_followed: return Reason::not_followed;
    case LeafKind::copied_elsewhere: return Reason::copied_elsewhere;
    case LeafKind::invalid_address: return Reason::invalid_address;
  }
  return Reason::lookup_failed;
}

}  // namespace shorthop
