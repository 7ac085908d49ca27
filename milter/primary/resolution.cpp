#include "primary/resolution.h"

namespace shorthop {

LeafKind leaf_kind_of(FailureKind failure) {
  switch (failure) {
    case FailureKind::timeout:
    case FailureKind::unavailable: return LeafKind::lookup_failed;
    case FailureKind::bad_data:
    case FailureKind::not_mirrored: return LeafKind::not_mirrored;
    case FailureKind::not_followed: return LeafKind::not_followed;
    case FailureKind::copied_elsewhere: return LeafKind::copied_elsewhere;
  }
  return LeafKind::lookup_failed;
}

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
    case LeafKind::not_mirrored: return "not-mirrored";
    case LeafKind::not_followed: return "not-followed";
    case LeafKind::copied_elsewhere: return "copied-elsewhere";
    case LeafKind::invalid_address: return "invalid-address";
  }
  return "lookup-failed";
}

}  // namespace shorthop
