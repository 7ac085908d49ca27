#include "primary/outbound.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace shorthop {
namespace {

Leaf failed(const Address& address, const LookupFailure& failure) {
  return {leaf_kind_of(failure.kind), address.external(), failure.text()};
}

/// Whether the primary sends mail for this domain (A-labels) to this host by its MX records.
std::expected<bool, LookupFailure> arrives_here(const std::string& domain, const Primary& primary,
                                                const LocalHost& host) {
  if (primary.arrives_here.contains(domain)) return true;
  return host.is_best_mx(domain);
}

/// Whether a next hop of smtp(8) is certainly this host.
bool leads_here(const SmtpHop& hop, const Primary& primary, const LocalHost& host, Deadline deadline) {
  if (!hop.host.empty()) return host.is_this_host(hop.host);
  // Only the MX records of this host's domains are known.
  return !hop.domain.empty() && !primary.not_followed.without_mx &&
         host.is_local_domain(hop.domain, deadline).value_or(false) &&
         arrives_here(hop.domain, primary, host).value_or(false);
}

/// The leaf for an address; its detail says why if the kind alone does not.
Leaf leaf_of(const Expanded::Outbound& end, const Primary& primary, const LocalHost& host, Deadline deadline) {
  const Address& address = end.address;
  const auto is_ours = host.is_local_domain(address.key_domain(), deadline);
  if (!is_ours) return failed(address, is_ours.error());
  if (!*is_ours) return {LeafKind::foreign_target, address.external(), {}};
  const auto& addresses = primary.not_followed.own_addresses;
  if (std::ranges::any_of(addresses, [&](const std::string& one) { return host.is_this_host(one); })) {
    return failed(address, {"the primary takes an address of this host for its own (inet_interfaces, proxy_interfaces)",
                            FailureKind::not_followed});
  }
  const bool is_led_here = end.detour && leads_here(end.detour->next_hop, primary, host, deadline);
  if (end.detour && !is_led_here) return failed(address, end.detour->why);
  const auto arrives = is_led_here ? true : arrives_here(std::string(address.a_label_domain()), primary, host);
  if (!arrives) return failed(address, arrives.error());
  if (!*arrives) {
    return {LeafKind::foreign_target, address.external(), "this host is not the only best MX of its domain"};
  }
  const auto known = host.has_mailbox(address, deadline);
  if (!known) return failed(address, known.error());
  return {*known ? LeafKind::local_mailbox : LeafKind::local_unknown, address.external(), {}};
}

Leaf over_budget(const Address& address) { return {LeafKind::limit, address.external(), budget_is_used_up}; }

}  // namespace

Resolution classify_outbound(Expanded expanded, const Primary& primary, const LocalHost& host, Trace trace,
                             Budget& budget) {
  Resolution resolution{std::move(expanded.steps), expanded.step_count, {}, {}, expanded.has_branches};
  resolution.leaves.reserve(expanded.ends.size());
  for (Expanded::End& end : expanded.ends) {
    if (auto* outbound = std::get_if<Expanded::Outbound>(&end)) {
      resolution.leaves.push_back(budget.take_look_up() ? leaf_of(*outbound, primary, host, budget.deadline())
                                                        : over_budget(outbound->address));
      resolution.leaves.back().is_forwarded = outbound->is_forwarded;
      const bool is_mailbox = resolution.leaves.back().kind == LeafKind::local_mailbox;
      if (is_mailbox) resolution.mailboxes.push_back(std::move(outbound->address));
    } else {
      resolution.leaves.push_back(std::get<Leaf>(std::move(end)));
    }
    const bool is_obstacle = resolution.leaves.back().kind != LeafKind::local_mailbox;
    if (is_obstacle && trace == Trace::until_obstacle) break;
  }
  return resolution;
}

}  // namespace shorthop
