#include "session/merged_copies.h"

#include <algorithm>

#include "primary/routing.h"
#include "session/relay_hosts.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

/// Whether a leaf may stand for addresses that it does not name. If the primary does not merge copies, the addresses to
/// which its local(8) forwards do not count: that mail comes back as another message.
bool hides_addresses(const Leaf& leaf, const Relay& relay, bool primary_merges) {
  switch (leaf.kind) {
    case LeafKind::local_mailbox:
    case LeafKind::foreign_target:
    case LeafKind::command_target:
    case LeafKind::file_target:
    case LeafKind::unknown_recipient: return false;
    // A Sendmail here may know user+detail by its alias user+*, which local-recipients does not ask.
    case LeafKind::local_unknown: return relay.copies_merge_here && leaf.address.contains('+');
    case LeafKind::primary_mailbox:
      return primary_merges && relay.primary.profile != Profile::flat && !relay.primary.forwards;
    case LeafKind::include_target:
    case LeafKind::owner_alias: return primary_merges;
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

/// Whether a filter of the primary may get the message after its addresses were mapped. A filter may drop ORCPT; then
/// cleanup(8) behind the filter drops an address that comes a second time.
bool may_filter_mapped(const Primary& primary) {
  return primary.address_tables.filter.sees_mapped || primary.rules.filters_by_rule;
}

/// ORCPT and NOTIFY of the recipient's mail, without SUCCESS, which gets lost if the recipient is an alias with several
/// members.
std::string report_key(const EnvelopeRecipient& recipient) {
  return recipient.dsn.notify.of_members().text() + ' ' + orcpt_key(orcpt_of(recipient));
}

/// Whether the recipient's mail may have the ORCPT and NOTIFY of any other recipient. `has_orcpt`: the client gave an
/// ORCPT for some recipient. If it gave none, Postfix uses the argument of RCPT as written, and the argument of an
/// unreadable recipient differs from all others.
bool may_have_any_report(const EnvelopeRecipient& recipient, bool has_orcpt) {
  return recipient.has_unread_dsn || (has_orcpt && !recipient.address && orcpt_of(recipient).empty());
}

}  // namespace

Reason reason_to_keep_beside(const Decision& staying) {
  const bool is_kept = staying.verdict == Verdict::keep && staying.reason != Reason::not_relayed;
  return is_kept ? staying.reason : Reason::not_followed;
}

bool primary_merges_copies(const Relay& relay) {
  return relay.primary.profile != Profile::postfix || relay.primary.rules.merges_copies;
}

bool merges_copies(const Relay& relay) {
  return relay.copies_merge_here || relay.primary.rules.loses_orcpt || may_filter_mapped(relay.primary) ||
         primary_merges_copies(relay);
}

PrimaryGroups::PrimaryGroups(const Envelope& envelope) {
  for (const auto& recipient : envelope.recipients) {
    const Relay* relay = recipient.relay;
    if (relay == nullptr || group_of_.contains(relay)) continue;
    const auto same =
        std::ranges::find_if(group_of_, [&](const auto& known) { return have_same_primary(*known.first, *relay); });
    group_of_.emplace(relay, same == group_of_.end() ? relay : same->second);
  }
}

MergedCopies::MergedCopies(const Envelope& envelope, const PrimaryGroups& groups) : groups_(groups) {
  const bool has_orcpt =
      std::ranges::any_of(envelope.recipients, [](const auto& recipient) { return !recipient.dsn.orcpt.empty(); });
  const bool is_any_unknown = std::ranges::any_of(
      envelope.recipients, [&](const auto& recipient) { return may_have_any_report(recipient, has_orcpt); });
  for (const auto& [relay, group] : groups.all()) {
    if (is_any_unknown || merges_copies(*relay)) merging_.insert(group);
    if (primary_merges_copies(*relay)) merging_there_.insert(group);
  }
  if (merging_.empty() && !has_orcpt) return;  // without one, Postfix sets a different ORCPT for each address
  for (const auto& recipient : envelope.recipients) {
    if (recipient.is_replaced()) continue;
    if (recipient.relay != nullptr) add(reaches_[key_of(groups.of(recipient.relay), recipient)], recipient);
    if (!recipient.may_be_any_address) continue;
    for (const auto& [relay, group] : groups.all()) {
      Reach& reach = reaches_[key_of(group, recipient)];
      reach.anywhere = true;
      reach.reason = reason_to_keep_beside(*recipient.decision);
    }
  }
}

MergedCopies::Key MergedCopies::key_of(const Relay* group, const EnvelopeRecipient& recipient) const {
  return {group, merging_.contains(group) ? std::string() : report_key(recipient)};
}

void MergedCopies::add(Reach& reach, const EnvelopeRecipient& staying) const {
  const bool primary_merges = merging_there_.contains(groups_.of(staying.relay));
  // Behind a filter that sees mapped addresses, two recipients may be one alias of local(8), which forwards one copy.
  const bool forwards_one = primary_merges || may_filter_mapped(staying.relay->primary);
  const std::vector<Leaf>& leaves = staying.decision->resolution.leaves;
  reach.anywhere = reach.anywhere || leaves.empty();
  reach.reason = reason_to_keep_beside(*staying.decision);
  if (!reach.added.insert(staying.decision.get()).second) return;
  for (const Leaf& leaf : leaves) {
    reach.anywhere = reach.anywhere || hides_addresses(leaf, *staying.relay, primary_merges);
    const bool may_merge = forwards_one || !leaf.is_forwarded;
    if (leaf.kind != LeafKind::local_mailbox || !may_merge) continue;
    reach.addresses.insert(folded(leaf.address));
    reach.anywhere = reach.anywhere || staying.may_merge_with_another;
  }
}

std::optional<Reason> MergedCopies::reason_to_keep(const EnvelopeRecipient& recipient) {
  if (reaches_.empty()) return std::nullopt;
  const auto found = reaches_.find(key_of(groups_.of(recipient.relay), recipient));
  if (found == reaches_.end()) return std::nullopt;
  Reach& reach = found->second;
  if (reach.anywhere || (recipient.may_merge_with_another && !reach.addresses.empty())) return reach.reason;
  const auto [known, is_new] = reach.shares.try_emplace(recipient.decision.get(), false);
  if (is_new) {
    known->second = std::ranges::any_of(recipient.decision->to, [&](const Address& target) {
      return reach.addresses.contains(folded(target.external()));
    });
  }
  return known->second ? std::optional(reach.reason) : std::nullopt;
}

}  // namespace shorthop
