#include "primary/departure.h"

#include <utility>
#include <variant>

namespace shorthop {
namespace {

Leaf end_of(const Address& address, const LocalHost& host) {
  const auto is_ours = is_local_domain(host, address);
  if (!is_ours) return {LeafKind::lookup_failed, address.external(), is_ours.error().what};
  if (!*is_ours) return {LeafKind::foreign_target, address.external(), {}};
  const auto known = host.knows(address);
  if (!known) return {LeafKind::lookup_failed, address.external(), known.error().what};
  return {*known ? LeafKind::local_mailbox : LeafKind::local_unknown, address.external(), {}};
}

}  // namespace

Resolution settled(Expanded expanded, const LocalHost& host) {
  Resolution resolution{std::move(expanded.steps), expanded.step_count, {}, {}};
  resolution.leaves.reserve(expanded.ends.size());
  for (auto& end : expanded.ends) {
    if (auto* address = std::get_if<Address>(&end)) {
      const Leaf& leaf = resolution.leaves.emplace_back(end_of(*address, host));
      if (leaf.kind == LeafKind::local_mailbox) resolution.mailboxes.push_back(std::move(*address));
    } else {
      resolution.leaves.push_back(std::get<Leaf>(std::move(end)));
    }
  }
  return resolution;
}

}  // namespace shorthop
