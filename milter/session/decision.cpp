#include "session/decision.h"

#include <algorithm>

#include "mail/ascii.h"
#include "primary/resolve.h"

namespace shorthop {
namespace {

Decision keep(Reason reason, std::string detail = {}) {
  return {Verdict::keep, reason, {}, {}, std::move(detail)};
}

/// Sendmail writes an IPv6 address as "IPv6:..." (RFC 5321, 4.1.3), Postfix without.
std::string_view without_tag(std::string_view address) {
  constexpr std::string_view tag = "IPv6:";
  return starts_with_folded(address, tag) ? address.substr(tag.size()) : address;
}

bool is_primary(const RecipientFacts& client, const Relay& relay) {
  const std::string_view address = without_tag(client.client_address);
  return std::ranges::find(relay.client_addresses, address) != relay.client_addresses.end() ||
         std::ranges::any_of(relay.client_names,
                             [&](const std::string& name) { return equal_folded(name, client.client_name); });
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
  const auto obstacle = std::ranges::find_if(resolution.leaves,
                                             [](const Leaf& leaf) { return leaf.kind != LeafKind::local_mailbox; });
  if (obstacle != resolution.leaves.end()) {
    decision.reason = reason_of(obstacle->kind);
    decision.detail = obstacle->detail;
  } else if (resolution.mailboxes.empty()) {
    decision.reason = Reason::include_target;
    decision.detail = "the expansion is empty";
  } else {
    decision.verdict = Verdict::rewrite;
    decision.reason = Reason::all_local;
    decision.to = resolution.mailboxes;
  }
  decision.resolution = std::move(resolution);
  return decision;
}

}  // namespace

Decision decide(const Address& recipient, const RecipientFacts& facts, const Snapshot& snapshot,
                std::chrono::system_clock::time_point now) {
  const Relay* relay = snapshot.relay_for(recipient);
  if (relay == nullptr) return keep(Reason::not_relayed);
  if (is_primary(facts, *relay)) return keep(Reason::from_primary);
  if (!facts.mailer.empty() && !is_relay_transport(facts.mailer, snapshot)) {
    return keep(Reason::mta_not_relaying, "the MTA's mailer is " + printable(facts.mailer, 64));
  }
  if (is_stale(*relay, now)) return keep(Reason::stale);
  const auto rewritten_here = snapshot.host->rewrites(recipient);
  if (!rewritten_here) return keep(Reason::lookup_failed, rewritten_here.error().what);
  if (*rewritten_here) return keep(Reason::mta_not_relaying, "a table of this host's own rewrites the address");
  return decision_for(resolve(recipient, relay->primary, *snapshot.host));
}

}  // namespace shorthop
