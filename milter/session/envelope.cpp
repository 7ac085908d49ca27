#include "session/envelope.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <memory_resource>
#include <set>
#include <string_view>
#include <tuple>

#include "mail/rcpt.h"
#include "primary/routing.h"
#include "session/merged_copies.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

/// Stack buffer for set nodes: nearly all envelopes are small and then need no heap.
class NodeMemory {
 public:
  std::pmr::memory_resource* resource() { return &resource_; }

 private:
  std::array<std::byte, 1024> room_;
  std::pmr::monotonic_buffer_resource resource_{room_.data(), room_.size()};
};

/// Turns decisions into keep. Recipients that share a decision continue to share one.
class Keeper {
 public:
  void keep(EnvelopeRecipient& recipient, Reason reason, std::string_view detail) {
    SharedDecision& kept = made_[{recipient.decision, reason, detail}];
    if (kept == nullptr) {
      Decision decision{Verdict::keep, reason, {}, recipient.decision->resolution, std::string(detail)};
      kept = std::make_shared<const Decision>(std::move(decision));
    }
    recipient.decision = kept;
  }

 private:
  std::map<std::tuple<SharedDecision, Reason, std::string_view>, SharedDecision> made_;
};

/// Whether a predicate is true for one of a decision's targets; evaluated once per decision, however many recipients
/// share it.
class TargetTest {
 public:
  template <class Predicate>
  bool operator()(const SharedDecision& decision, Predicate predicate) {
    const auto [known, is_new] = answers_.try_emplace(decision.get(), false);
    if (is_new) known->second = std::ranges::any_of(decision->to, predicate);
    return known->second;
  }

 private:
  std::map<const Decision*, bool> answers_;
};

/// If the primary may act on the whole message because of one recipient, the others must go to the primary too.
void keep_with_message(Envelope& envelope, const PrimaryGroups& groups, Keeper& keeper) {
  std::set<const Relay*> concerned;
  for (const auto& recipient : envelope.recipients) {
    if (recipient.relay != nullptr && recipient.decision->keeps_others) concerned.insert(groups.of(recipient.relay));
    if (!recipient.may_be_any_address) continue;
    for (const auto& [relay, group] : groups.all()) {
      if (has_recipient_actions(relay->primary)) concerned.insert(group);
    }
  }
  if (concerned.empty()) return;
  for (auto& recipient : envelope.recipients) {
    if (recipient.is_replaced() && concerned.contains(groups.of(recipient.relay))) {
      keeper.keep(recipient, Reason::not_followed,
                  "the primary may act on the whole message because of another recipient");
    }
  }
}

/// Keeps all recipients of a primary with Relay::all_or_none if one of them stays. Returns whether it kept any.
bool keep_all_or_none(Envelope& envelope, const PrimaryGroups& groups, Keeper& keeper) {
  std::map<const Relay*, Reason> concerned;
  for (const auto& recipient : envelope.recipients) {
    if (recipient.is_replaced()) continue;
    for (const auto& [relay, group] : groups.all()) {
      const bool may_go_to_group = groups.of(recipient.relay) == group || recipient.may_be_any_address;
      if (relay->all_or_none && may_go_to_group) concerned.emplace(group, reason_to_keep_beside(*recipient.decision));
    }
  }
  bool changed = false;
  for (auto& recipient : envelope.recipients) {
    if (!recipient.is_replaced()) continue;
    const auto found = concerned.find(groups.of(recipient.relay));
    if (found == concerned.end()) continue;
    keeper.keep(recipient, found->second, "its mail may depend on another recipient of the message, which is kept");
    changed = true;
  }
  return changed;
}

/// A deletion removes every recipient with the same text: if one of them must stay, the others are kept too.
void keep_together(Envelope& envelope, Keeper& keeper) {
  std::map<std::string_view, Reason> kept;
  for (const auto& recipient : envelope.recipients) {
    if (recipient.address && !recipient.is_replaced()) {
      kept.emplace(recipient.address->key(), reason_to_keep_beside(*recipient.decision));
    }
  }
  for (auto& recipient : envelope.recipients) {
    if (!recipient.address || !recipient.is_replaced()) continue;
    const auto found = kept.find(recipient.address->key());
    if (found != kept.end())
      keeper.keep(recipient, found->second, "the same address is kept elsewhere in the envelope");
  }
}

/// The MTA may take a recipient that is unreadable here, such as "user@example.org(x)", for the address that is
/// deleted. Then the addition replaces this recipient too, so it must report at least as much.
void keep_beside_unreadable(Envelope& envelope, Keeper& keeper) {
  for (const auto& unreadable : envelope.recipients) {
    if (unreadable.address) continue;
    for (auto& recipient : envelope.recipients) {
      if (!recipient.is_replaced() || recipient.dsn.notify.covers(unreadable.dsn.notify)) continue;
      keeper.keep(recipient, reason_to_keep_beside(*unreadable.decision),
                  "an unreadable recipient, which may be the same address, asks for more reports");
    }
  }
}

/// Keeps recipients with a target that is deleted too, because a deletion also removes additions of its address.
/// Returns whether it kept any.
bool keep_disjoint(Envelope& envelope, Keeper& keeper) {
  NodeMemory memory;
  std::pmr::set<std::string_view> deleted(memory.resource());
  for (const auto& recipient : envelope.recipients) {
    if (recipient.is_replaced()) deleted.insert(recipient.address->key());
  }
  bool changed = false;
  TargetTest is_target_deleted;
  for (auto& recipient : envelope.recipients) {
    if (!recipient.is_replaced()) continue;
    if (!is_target_deleted(recipient.decision, [&](const Address& target) { return deleted.contains(target.key()); })) {
      continue;
    }
    keeper.keep(recipient, Reason::loop, "the target is itself replaced in this envelope");
    changed = true;
  }
  return changed;
}

/// Without shorthop, a target may get one copy for several recipients: if one of them stays, all must stay. Returns
/// whether it kept any.
bool keep_merged(Envelope& envelope, const PrimaryGroups& groups, Keeper& keeper) {
  MergedCopies merged(envelope, groups);
  bool changed = false;
  for (auto& recipient : envelope.recipients) {
    if (!recipient.is_replaced()) continue;
    const auto reason = merged.reason_to_keep(recipient);
    if (!reason) continue;
    keeper.keep(recipient, *reason, "without shorthop, it shares one copy with a recipient that is kept");
    changed = true;
  }
  return changed;
}

/// Keeps split recipients with a target that is another recipient of the message: Postfix would merge the two, and then
/// report about only one of them. Returns whether it kept any.
bool keep_split_apart(Envelope& envelope, Keeper& keeper) {
  NodeMemory memory;
  std::pmr::map<std::string_view, Reason> staying(memory.resource());
  for (const auto& recipient : envelope.recipients) {
    if (recipient.address && recipient.relay != nullptr && !recipient.is_replaced()) {
      staying.emplace(recipient.address->key(), reason_to_keep_beside(*recipient.decision));
    }
  }
  bool changed = false;
  for (auto& recipient : envelope.recipients) {
    if (!recipient.is_replaced() || recipient.decision->reason != Reason::split) continue;
    const auto& targets = recipient.decision->to;
    const auto same =
        std::ranges::find_if(targets, [&](const Address& target) { return staying.contains(target.key()); });
    if (same == targets.end()) continue;
    keeper.keep(recipient, staying.at(same->key()), "one of its targets is another recipient of the message");
    changed = true;
  }
  return changed;
}

/// What a single delivery to all recipients of a target must report, and the original recipient that the report names.
struct ReportRequest {
  Notify notify;
  const EnvelopeRecipient* original = nullptr;

  void merge(const ReportRequest& other) {
    // Name a recipient that wants reports, not one with NOTIFY=NEVER.
    if (notify.is_never()) original = other.original;
    notify = notify.merged(other.notify);
  }
};

struct Addition {
  const Address* target = nullptr;
  ReportRequest request;
};

/// The decisions that replace recipients, each once, in the order of first use, with the merged request of their
/// recipients.
std::vector<std::pair<const Decision*, ReportRequest>> replacements(const Envelope& envelope) {
  std::vector<std::pair<const Decision*, ReportRequest>> result;
  NodeMemory memory;
  std::pmr::map<const Decision*, std::size_t> index(memory.resource());
  for (const auto& recipient : envelope.recipients) {
    if (!recipient.is_replaced()) continue;
    const ReportRequest request{recipient.dsn.notify, &recipient};
    const auto [known, is_new] = index.try_emplace(recipient.decision.get(), result.size());
    if (is_new) {
      result.emplace_back(recipient.decision.get(), request);
    } else {
      result[known->second].second.merge(request);
    }
  }
  return result;
}

/// One addition for each target, in the order of first use.
std::vector<Addition> wanted_additions(const Envelope& envelope) {
  std::vector<Addition> result;
  NodeMemory memory;
  std::pmr::map<std::string_view, std::size_t> index(memory.resource());
  for (const auto& [decision, request] : replacements(envelope)) {
    for (const Address& target : decision->to) {
      const auto [known, is_new] = index.emplace(target.key(), result.size());
      if (is_new) {
        result.push_back({&target, request});
      } else {
        result[known->second].request.merge(request);
      }
    }
  }
  return result;
}

/// The recipients that stay, by their address.
std::multimap<std::string_view, const EnvelopeRecipient*> staying(const Envelope& envelope) {
  std::multimap<std::string_view, const EnvelopeRecipient*> result;
  for (const auto& recipient : envelope.recipients) {
    if (recipient.address && !recipient.is_replaced()) result.emplace(recipient.address->key(), &recipient);
  }
  return result;
}

/// A target that the client also gave as a recipient is still added: an earlier milter may have deleted it, and the MTA
/// does not say so (FACTS, earlier milters). The addition uses the parameters of the recipient that stays, if they
/// report at least as much. Then Postfix drops the duplicate: its filter compares ORCPT, NOTIFY and both addresses
/// (cleanup(8)). Sendmail 8.17.1 compares the addresses only: an existing recipient is not added twice, and one deleted
/// by another milter is restored (tests/mta/test_sendmail_secondary.py).
void repeat_staying(std::vector<Addition>& additions, const Envelope& envelope) {
  const auto stays = staying(envelope);
  for (Addition& addition : additions) {
    const auto [begin, end] = stays.equal_range(addition.target->key());
    const auto same = std::find_if(
        begin, end, [&](const auto& place) { return place.second->dsn.notify.covers(addition.request.notify); });
    if (same != end) addition = {&*same->second->address, {same->second->dsn.notify, same->second}};
  }
}

std::vector<Addition> additions(const Envelope& envelope) {
  std::vector<Addition> result = wanted_additions(envelope);
  repeat_staying(result, envelope);
  return result;
}

std::string parameters(const ReportRequest& request) {
  std::string result;
  result.reserve(64);
  if (!request.notify.is_absent()) result.append("NOTIFY=").append(request.notify.text()).append(" ");
  return std::move(result.append("ORCPT=").append(orcpt_of(*request.original)));
}

std::string path_of(const Address& address) { return '<' + address.external() + '>'; }

}  // namespace

std::string orcpt_of(const EnvelopeRecipient& recipient) {
  if (!recipient.dsn.orcpt.empty()) return recipient.dsn.orcpt;
  std::string orcpt = orcpt_as_given(recipient.argument);
  return orcpt.empty() && recipient.address ? orcpt_for(*recipient.address) : orcpt;
}

bool has_replaced(const Envelope& envelope) {
  return std::ranges::any_of(envelope.recipients, &EnvelopeRecipient::is_replaced);
}

void enforce_envelope_rules(Envelope& envelope) {
  if (!has_replaced(envelope)) return;
  Keeper keeper;
  const PrimaryGroups groups(envelope);
  keep_with_message(envelope, groups, keeper);
  keep_beside_unreadable(envelope, keeper);
  keep_together(envelope, keeper);
  // Each round keeps at least one more recipient, so this terminates.
  while (keep_all_or_none(envelope, groups, keeper) || keep_disjoint(envelope, keeper) ||
         keep_merged(envelope, groups, keeper) || keep_split_apart(envelope, keeper)) {
    keep_together(envelope, keeper);
  }
}

std::vector<Edit> edits_for(const Envelope& envelope) {
  std::vector<Edit> edits;
  if (!has_replaced(envelope)) return edits;
  edits.reserve(2 * envelope.recipients.size());  // nearly always one target each
  for (const Addition& addition : additions(envelope)) {
    edits.push_back(AddRecipient{path_of(*addition.target),
                                 envelope.can_pass_parameters ? parameters(addition.request) : std::string()});
  }
  NodeMemory memory;
  std::pmr::set<std::string> deleted(memory.resource());
  for (const auto& recipient : envelope.recipients) {
    if (!recipient.is_replaced()) continue;
    const auto [text, is_new] = deleted.insert(without_source_route(recipient.argument));
    if (is_new) edits.push_back(DeleteRecipient{*text});
  }
  return edits;
}

}  // namespace shorthop
