#include "primary/resolution.h"

namespace shorthop {

std::string_view name_of(LeafKind kind) {
  switch (kind) {
    case LeafKind::local_mailbox: return "local-mailbox";
    case LeafKind::primary_mailbox: return "primary-mailbox";
    case LeafKind::foreign_target: return "foreign-target";
    case LeafKind::command_target: return "command-target";
    case LeafKind::file_target: return "file-target";
    case LeafKind::include_target: return "include-target";
    case LeafKind::owner_alias: return "owner-alias";
    case LeafKind::unknown_recipient: return "unknown-recipient";
    case LeafKind::local_unknown: return "local-unknown";
    case LeafKind::loop: return "loop";
    case LeafKind::limit: return "limit";
    case LeafKind::lookup_failed: return "lookup-failed";
    case LeafKind::invalid_address: return "invalid-address";
  }
  return "lookup-failed";
}

}  // namespace shorthop
