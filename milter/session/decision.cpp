#include "session/decision.h"

#include <algorithm>

#include "mail/ascii.h"
#include "mail/host.h"
#include "primary/resolve.h"

namespace shorthop {
namespace {

Decision keep(Reason reason, std::string detail = {}) { return {Verdict::keep, reason, {}, {}, std::move(detail)}; }

bool contains(const std::vector<std::string>& list, std::string_view text) {
  return std::ranges::any_of(list, [&](const std::string& item) { return equal_folded(item, text); });
}

bool is_primary(const RecipientFacts& client, const Relay& relay) {
  return (!client.client_address.empty() && contains(relay.client_addresses, bare_host(client.client_address))) ||
         contains(relay.client_names, client.client_name);
}

/// Whether the MTA's route is one to another host than the primary. A name says nothing where the primary is known by
/// its address only, and the other way round.
bool leads_elsewhere(std::string_view next_hop, const Relay& relay, const Snapshot& snapshot) {
  const std::string_view host = bare_host(next_hop);
  if (host.empty()) return false;
  const auto domain = snapshot.relay_by_domain.find(folded(host));
  if (domain != snapshot.relay_by_domain.end() && domain->second.get() == &relay) return false;
  if (contains(relay.next_hops, host)) return false;
  const auto& known = is_address_literal(host) ? relay.client_addresses : relay.client_names;
  return !known.empty() && !contains(known, host);
}

bool is_relay_transport(std::string_view mailer, const Snapshot& snapshot) {
  return std::ranges::any_of(snapshot.relay_transports,
                             [&](const std::string& transport) { return mailer.starts_with(transport); });
}

bool is_stale(const Relay& relay, std::chrono::system_clock::time_point now) {
  return relay.max_age && now - relay.data_time > *relay.max_age;
}

/// The proof: every leaf is a mailbox on this host, and there is one.
Decision decision_for(Resolution resolution) {
  Decision decision;
  const auto obstacle =
      std::ranges::find_if(resolution.leaves, [](const Leaf& leaf) { return leaf.kind != LeafKind::local_mailbox; });
  if (obstacle != resolution.leaves.end()) {
    decision.reason = reason_of(obstacle->kind);
    decision.detail = obstacle->detail;
  } else if (resolution.mailboxes.empty()) {
    decision.reason = Reason::include_target;
    decision.detail = "the expansion is empty";
  } else {
    decision.verdict = Verdict::rewrite;
    decision.reason = Reason::all_local;
    decision.to = std::move(resolution.mailboxes);
  }
  decision.resolution = std::move(resolution);
  return decision;
}

}  // namespace

Decision decide(const Address& recipient, const RecipientFacts& facts, const Snapshot& snapshot,
                std::chrono::system_clock::time_point now, Chain chain) {
  const Relay* relay = snapshot.relay_for(recipient);
  if (relay == nullptr) return keep(Reason::not_relayed);
  if (is_primary(facts, *relay)) return keep(Reason::from_primary);
  if (!facts.mailer.empty() && !is_relay_transport(facts.mailer, snapshot)) {
    return keep(Reason::mta_not_relaying, "the MTA's mailer is " + printable(facts.mailer, 64));
  }
  if (leads_elsewhere(facts.next_hop, *relay, snapshot)) {
    return keep(Reason::mta_not_relaying, "the MTA would send it to " + printable(facts.next_hop, 64) +
                                              ", which is not among primary and next-hops");
  }
  if (is_stale(*relay, now)) return keep(Reason::stale);
  const auto rewritten_here = snapshot.host->rewrites(recipient);
  if (!rewritten_here) return keep(Reason::lookup_failed, rewritten_here.error().what);
  if (*rewritten_here) return keep(Reason::mta_not_relaying, "a table of this host's own rewrites the address");
  return decision_for(resolve(recipient, relay->primary, *snapshot.host, chain));
}

}  // namespace shorthop
