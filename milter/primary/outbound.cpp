#include "primary/outbound.h"

#include <utility>
#include <variant>

namespace shorthop {
namespace {

Leaf failed(const Address& address, const LookupFailure& failure) {
  return {leaf_kind_of(failure.kind), address.external(), failure.what};
}

/// Whether the primary sends mail for this domain of ours to this host.
std::expected<bool, LookupFailure> arrives_here(const Address& address, const Primary& primary, const LocalHost& host) {
  if (primary.arrives_here.contains(address.a_label_domain())) return true;
  return host.is_best_mx(address.key_domain());
}

Expanded::End end_of(Address&& address, const Primary& primary, const LocalHost& host, Deadline deadline) {
  const auto is_ours = host.is_local_domain(address.key_domain(), deadline);
  if (!is_ours) return failed(address, is_ours.error());
  if (!*is_ours) return Leaf{LeafKind::foreign_target, address.external(), {}};
  const auto arrives = arrives_here(address, primary, host);
  if (!arrives) return failed(address, arrives.error());
  if (!*arrives) {
    return Leaf{LeafKind::foreign_target, address.external(), "this host is not the only best MX of its domain"};
  }
  const auto known = host.has_mailbox(address, deadline);
  if (!known) return failed(address, known.error());
  if (!*known) return Leaf{LeafKind::local_unknown, address.external(), {}};
  return Mailbox{std::move(address)};
}

Expanded::End over_budget(const Address& address) {
  return Leaf{LeafKind::limit, address.external(), budget_is_used_up};
}

}  // namespace

void classify_outbound(Expanded& expanded, const Primary& primary, const LocalHost& host, Trace trace, Budget& budget) {
  for (std::size_t i = 0; i < expanded.ends.size(); ++i) {
    Expanded::End& end = expanded.ends[i];
    if (auto* address = std::get_if<Address>(&end)) {
      end =
          budget.take_look_up() ? end_of(std::move(*address), primary, host, budget.deadline()) : over_budget(*address);
    }
    if (trace != Trace::until_obstacle || !std::holds_alternative<Leaf>(end)) continue;
    expanded.is_whole = false;
    expanded.ends.erase(expanded.ends.begin() + static_cast<std::ptrdiff_t>(i) + 1, expanded.ends.end());
  }
}

Resolution resolution_of(Expanded settled) {
  Resolution resolution{std::move(settled.steps), settled.step_count, {}, {}};
  resolution.leaves.reserve(settled.ends.size());
  for (auto& end : settled.ends) {
    if (auto* mailbox = std::get_if<Mailbox>(&end)) {
      resolution.leaves.push_back({LeafKind::local_mailbox, mailbox->address.external(), {}});
      resolution.mailboxes.push_back(std::move(mailbox->address));
    } else {
      resolution.leaves.push_back(std::get<Leaf>(std::move(end)));
    }
  }
  return resolution;
}

}  // namespace shorthop
