#include "session/envelope.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <memory_resource>
#include <set>
#include <string_view>

#include "mail/ascii.h"

namespace shorthop {
namespace {

/// Where sets have their nodes: nearly all envelopes are small, and then there is nothing to allocate.
class NodeMemory {
 public:
  std::pmr::memory_resource* resource() { return &resource_; }

 private:
  std::array<std::byte, 1024> room_;
  std::pmr::monotonic_buffer_resource resource_{room_.data(), room_.size()};
};

void keep(EnvelopeRecipient& recipient, Reason reason, std::string detail) {
  recipient.decision.verdict = Verdict::keep;
  recipient.decision.reason = reason;
  recipient.decision.to.clear();
  recipient.decision.detail = std::move(detail);
}

/// A deletion takes away every recipient of its text: one that must stay keeps the others.
void keep_together(Envelope& envelope) {
  std::map<std::string_view, Reason> kept;
  for (const auto& recipient : envelope.recipients) {
    if (recipient.address && !recipient.is_replaced()) {
      kept.emplace(recipient.address->key(), recipient.decision.reason);
    }
  }
  for (auto& recipient : envelope.recipients) {
    if (!recipient.address || !recipient.is_replaced()) continue;
    const auto found = kept.find(recipient.address->key());
    if (found != kept.end()) keep(recipient, found->second, "the same address is kept elsewhere in the envelope");
  }
}

/// A deletion takes away what was added under its address, too. Returns whether a recipient had to be kept for it.
bool keep_disjoint(Envelope& envelope) {
  NodeMemory memory;
  std::pmr::set<std::string_view> deleted(memory.resource());
  for (const auto& recipient : envelope.recipients) {
    if (recipient.is_replaced()) deleted.insert(recipient.address->key());
  }
  bool changed = false;
  for (auto& recipient : envelope.recipients) {
    if (!recipient.is_replaced()) continue;
    for (const Address& target : recipient.decision.to) {
      if (!deleted.contains(target.key())) continue;
      keep(recipient, Reason::loop, "the target is itself replaced in this envelope");
      changed = true;
      break;
    }
  }
  return changed;
}

/// Where the recipients that stay may lead, by way of one primary.
struct Reach {
  bool anywhere = false;  ///< the chain of one was not followed to its ends
  Reason reason = Reason::not_relayed;
  std::set<std::string> addresses;  ///< folded
};

/// Whether there may be more addresses behind such a leaf than it tells.
bool hides_addresses(const Leaf& leaf, const Relay& relay) {
  switch (leaf.kind) {
    case LeafKind::local_mailbox:
    case LeafKind::foreign_target:
    case LeafKind::command_target:
    case LeafKind::file_target:
    case LeafKind::unknown_recipient:
    case LeafKind::local_unknown: return false;
    case LeafKind::primary_mailbox: return !relay.primary.forwards;
    case LeafKind::include_target:
    case LeafKind::owner_alias:
    case LeafKind::loop:
    case LeafKind::limit:
    case LeafKind::lookup_failed:
    case LeafKind::not_mirrored:
    case LeafKind::not_followed:
    case LeafKind::copied_elsewhere:
    case LeafKind::invalid_address: return true;
  }
  return true;
}

void add_reach(Reach& reach, const EnvelopeRecipient& staying) {
  const std::vector<Leaf>& leaves = staying.decision.resolution.leaves;
  reach.anywhere = reach.anywhere || leaves.empty();
  reach.reason = staying.decision.reason;
  for (const Leaf& leaf : leaves) {
    reach.anywhere = reach.anywhere || hides_addresses(leaf, *staying.merging);
    if (leaf.kind == LeafKind::local_mailbox) reach.addresses.insert(folded(leaf.address));
  }
}

/// Without us the primary sends one copy to a target of several recipients: if one of them stays, all must. Returns
/// whether a recipient had to be kept for it.
bool keep_merged(Envelope& envelope) {
  std::map<const Relay*, Reach> reaches;
  for (const auto& recipient : envelope.recipients) {
    if (recipient.merging != nullptr) reaches[recipient.merging];
  }
  if (reaches.empty()) return false;
  for (const auto& recipient : envelope.recipients) {
    if (recipient.merging != nullptr && !recipient.is_replaced()) add_reach(reaches[recipient.merging], recipient);
    // What cannot be read may be anybody's.
    if (recipient.address || recipient.decision.reason == Reason::not_relayed) continue;
    for (auto& [relay, reach] : reaches) {
      reach.anywhere = true;
      reach.reason = recipient.decision.reason;
    }
  }
  bool changed = false;
  for (auto& recipient : envelope.recipients) {
    const auto found = reaches.find(recipient.merging);
    if (!recipient.is_replaced() || found == reaches.end()) continue;
    const Reach& reach = found->second;
    const bool merges = reach.anywhere || std::ranges::any_of(recipient.decision.to, [&](const Address& target) {
                          return reach.addresses.contains(folded(target.external()));
                        });
    if (!merges) continue;
    keep(recipient, reach.reason, "its primary would send one copy for it and for a recipient that is kept");
    changed = true;
  }
  return changed;
}

/// The recipients that stay, by address: what a client gave itself need not be added.
std::multimap<std::string_view, const EnvelopeRecipient*> staying(const Envelope& envelope) {
  std::multimap<std::string_view, const EnvelopeRecipient*> result;
  for (const auto& recipient : envelope.recipients) {
    if (recipient.address && !recipient.is_replaced()) result.emplace(recipient.address->key(), &recipient);
  }
  return result;
}

struct Addition {
  const Address* target = nullptr;
  Notify notify;
  const EnvelopeRecipient* original = nullptr;  ///< who a report names
};

/// Whether a recipient that stays gets this copy anyway, and reports at least what this one would.
bool is_covered(const Address& target, const Notify& notify,
                const std::multimap<std::string_view, const EnvelopeRecipient*>& staying) {
  const auto [begin, end] = staying.equal_range(target.key());
  for (auto it = begin; it != end; ++it) {
    if (it->second->dsn.notify.covers(notify)) return true;
  }
  return false;
}

/// One addition for each target, in the order in which they are first wanted.
std::vector<Addition> additions(const Envelope& envelope) {
  const auto stays = staying(envelope);
  std::vector<Addition> result;
  NodeMemory memory;
  std::pmr::map<std::string_view, std::size_t> index(memory.resource());
  for (const auto& recipient : envelope.recipients) {
    if (!recipient.is_replaced()) continue;
    for (const Address& target : recipient.decision.to) {
      const auto [known, is_new] = index.emplace(target.key(), result.size());
      if (is_new) {
        result.push_back({&target, recipient.dsn.notify, &recipient});
      } else {
        Addition& addition = result[known->second];
        // The report names one of those who want it: not one who wants none.
        if (addition.notify.is_never()) addition.original = &recipient;
        addition.notify = addition.notify.merged(recipient.dsn.notify);
      }
    }
  }
  std::erase_if(result, [&](const Addition& addition) { return is_covered(*addition.target, addition.notify, stays); });
  return result;
}

std::string parameters(const Addition& addition) {
  std::string result;
  result.reserve(64);
  if (!addition.notify.absent()) result.append("NOTIFY=").append(addition.notify.text()).append(" ");
  const Dsn& dsn = addition.original->dsn;
  result += "ORCPT=";
  return std::move(dsn.orcpt.empty() ? result += orcpt_for(*addition.original->address) : result += dsn.orcpt);
}

std::string path_of(const Address& address) {
  std::string path = "<";
  path.reserve(address.internal().size() + 2);
  append_external(path, address);
  return path += '>';
}

}  // namespace

bool has_replaced(const Envelope& envelope) {
  return std::ranges::any_of(envelope.recipients, &EnvelopeRecipient::is_replaced);
}

void settle(Envelope& envelope) {
  if (!has_replaced(envelope)) return;
  keep_together(envelope);
  // Each round keeps at least one recipient more, so this ends.
  while (keep_disjoint(envelope) || keep_merged(envelope)) keep_together(envelope);
}

std::vector<Edit> edits_for(const Envelope& envelope) {
  std::vector<Edit> edits;
  if (!has_replaced(envelope)) return edits;
  edits.reserve(2 * envelope.recipients.size());  // nearly always one target each
  for (const Addition& addition : additions(envelope)) {
    edits.push_back(
        AddRecipient{path_of(*addition.target), envelope.can_pass_parameters ? parameters(addition) : std::string()});
  }
  NodeMemory memory;
  std::pmr::set<std::string_view> deleted(memory.resource());
  for (const auto& recipient : envelope.recipients) {
    if (recipient.is_replaced() && deleted.insert(recipient.deletion_text).second) {
      edits.push_back(DeleteRecipient{recipient.deletion_text});
    }
  }
  return edits;
}

}  // namespace shorthop
