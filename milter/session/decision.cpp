#include "session/decision.h"

#include <algorithm>

#include "mail/address_pattern.h"
#include "mail/rcpt.h"
#include "primary/resolve.h"
#include "primary/routing.h"
#include "primary/sender.h"
#include "session/merged_copies.h"
#include "session/refusal.h"
#include "session/refutations.h"
#include "session/relay_hosts.h"
#include "session/split.h"
#include "tables/search.h"
#include "text/amounts.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

Decision keep(Reason reason, std::string detail = {}) { return {Verdict::keep, reason, {}, {}, std::move(detail)}; }

/// The address without its extension, folded.
std::optional<Address> without_extension(const Address& address, const Relay& relay) {
  const PrimaryRules& rules = relay.primary.rules;
  const auto parts = split_local_part(address.key_local_part(), rules.delimiters, rules.owner_request_special);
  auto bare = Address::from_parts(parts.user, address.domain());
  return bare ? std::optional(std::move(*bare)) : std::nullopt;
}

/// Whether a pattern of a setting matches the recipient, with or without its extension.
bool is_among(const std::vector<std::string>& patterns, const Address& recipient, const Relay& relay) {
  if (patterns.empty()) return false;
  const auto bare = without_extension(recipient, relay);
  return std::ranges::any_of(patterns, [&](const std::string& pattern) {
    return matches(pattern, recipient) || (bare && matches(pattern, *bare));
  });
}

void rewrite(Decision& decision, Reason reason, std::vector<Address> to) {
  decision.verdict = Verdict::rewrite;
  decision.reason = reason;
  decision.to = std::move(to);
}

/// Reverts a rewrite; the resolution stays for the explanation.
void take_back(Decision& decision, Reason reason, std::string detail) {
  decision.verdict = Verdict::keep;
  decision.reason = reason;
  decision.to.clear();
  decision.detail = std::move(detail);
}

/// Reverts a rewrite if this host might forward a mailbox, or might merge two of the targets. `mailboxes` may be
/// `decision.to`, which is emptied at the first obstacle.
void keep_if_alias_leads_on(Decision& decision, const std::vector<Address>& mailboxes, const Snapshot& snapshot,
                            Deadline deadline) {
  if (auto obstacle = snapshot.host->merging_obstacle(decision.to, deadline)) {
    return take_back(decision, reason_of(obstacle->kind), std::move(obstacle->detail));
  }
  const bool is_only_target = decision.to.size() == 1;
  for (const Address& mailbox : mailboxes) {
    if (auto obstacle = snapshot.host->alias_obstacle(mailbox, is_only_target, deadline)) {
      return take_back(decision, reason_of(obstacle->kind), std::move(obstacle->detail));
    }
  }
}

/// The decision that follows from a resolution. It is a rewrite only if there is at least one leaf, and every leaf is a
/// mailbox on this host or can be split off.
Decision decision_for(const Address& recipient, Resolution resolution, const Relay& relay, const Snapshot& snapshot,
                      Budget& budget) {
  Decision decision;
  decision.keeps_others = std::ranges::any_of(resolution.leaves, &Leaf::concerns_message);
  const auto obstacle =
      std::ranges::find_if(resolution.leaves, [](const Leaf& leaf) { return leaf.kind != LeafKind::local_mailbox; });
  if (obstacle != resolution.leaves.end()) {
    decision.reason = reason_of(obstacle->kind);
    decision.detail = obstacle->detail;
    if (relay.split) {
      if (auto targets = split_targets(recipient, resolution, relay, snapshot, budget)) {
        rewrite(decision, Reason::split, std::move(*targets));
        keep_if_alias_leads_on(decision, resolution.mailboxes, snapshot, budget.deadline());
      }
    }
  } else if (resolution.mailboxes.empty()) {
    decision.reason = Reason::include_target;
    decision.detail = "the expansion is empty";
  } else {
    rewrite(decision, Reason::all_local, std::move(resolution.mailboxes));
    keep_if_alias_leads_on(decision, decision.to, snapshot, budget.deadline());
  }
  decision.resolution = std::move(resolution);
  return decision;
}

/// Keeps a recipient whose chain is not followed; its mail still goes to the primary.
Decision keep_unfollowed(const Address& recipient, const Relay& relay, Deadline deadline, Reason reason,
                         std::string detail = {}) {
  Decision decision = keep(reason, std::move(detail));
  decision.keeps_others = may_concern_message(recipient, relay.primary, deadline);
  return decision;
}

bool has_refutations(const Snapshot& snapshot) {
  return snapshot.refutations != nullptr && !snapshot.refutations->empty();
}

/// How much of the chain the decision needs, given what the caller asked for.
Trace needed_trace(Trace asked, const Relay& relay, const Snapshot& snapshot) {
  // split needs the steps, to find the address that can replace an end; reject-unknown needs every end; a refutation
  // concerns every chain that its address is part of.
  if (relay.split || relay.refuses_unknown || has_refutations(snapshot)) return Trace::on;
  return asked == Trace::off && !merges_copies(relay) ? Trace::until_obstacle : asked;
}

/// Why the recipient must not be replaced because of its route: the client, the MTA's next hop, or the spelling of the
/// address. With mta-not-relaying, the recipient does not share a transaction at the primary with the others, so
/// `keeps_others` stays false.
std::optional<Decision> route_obstacle(const Address& recipient, const RecipientFacts& facts, const Relay& relay,
                                       const Snapshot& snapshot, Deadline deadline) {
  if (is_primary(facts.client_address, facts.client_name, relay))
    return keep_unfollowed(recipient, relay, deadline, Reason::from_primary);
  if (lacks_addresses(facts.client_address, facts.next_hop, relay)) {
    return keep_unfollowed(recipient, relay, deadline, Reason::lookup_failed, relay.unknown_addresses);
  }
  if (!facts.mailer.empty() && !is_relay_transport(facts.mailer, snapshot)) {
    return keep(Reason::mta_not_relaying, "the MTA's mailer is " + log_field(facts.mailer, 64));
  }
  if (leads_elsewhere(facts.next_hop, relay, snapshot)) {
    return keep(Reason::mta_not_relaying, "the MTA would send it to " + described(facts.next_hop, relay) +
                                              ", which is neither the SMTP port of the primary nor in next-hops");
  }
  if (is_relayed_as_another(recipient, facts)) {
    return keep_unfollowed(recipient, relay, deadline, Reason::not_followed,
                           "the MTA would relay it as " + log_field(facts.relayed_as, 100));
  }
  // Sendmail takes "\user" for the mailbox and skips aliases; in the parsed address the backslash is gone.
  if (relay.primary.profile == Profile::sendmail && facts.written.contains('\\')) {
    return keep_unfollowed(recipient, relay, deadline, Reason::invalid_address,
                           "a backslash may keep the primary from expanding the name");
  }
  return std::nullopt;
}

/// Checks the route that this host's Postfix would choose, if no MTA names a route: for addresses without a message,
/// and for messages of a log.
std::optional<Decision> own_route_obstacle(const Address& recipient, const RecipientFacts& facts, const Relay& relay,
                                           const Snapshot& snapshot, Deadline deadline) {
  if (!facts.mailer.empty()) return std::nullopt;
  const auto route = snapshot.host->route_of(recipient, deadline);
  if (!route) {
    return keep_unfollowed(recipient, relay, deadline, reason_of(route.error().kind), route.error().text());
  }
  if (!*route) return std::nullopt;
  RecipientFacts routed = facts;
  routed.mailer = (*route)->mailer;
  routed.next_hop = (*route)->next_hop.empty() ? recipient.a_label_domain() : (*route)->next_hop;
  return route_obstacle(recipient, routed, relay, snapshot, deadline);
}

/// Why these targets cannot be added with the client's parameters.
std::optional<Decision> parameter_obstacle(const RecipientFacts& facts, const std::vector<Address>& targets,
                                           const Primary& primary) {
  if (!facts.parameter_error.empty()) return keep(Reason::invalid_address, std::string(facts.parameter_error));
  if (facts.loses_notify) return keep(Reason::invalid_address, "this MTA accepts no NOTIFY with an added recipient");
  if (facts.is_ascii_only && !std::ranges::all_of(targets, &Address::is_ascii)) {
    return keep(Reason::invalid_address, "the target is not ASCII, and the client did not say SMTPUTF8");
  }
  // Postfix takes such mail by default, but a Sendmail only if it is built and configured for it.
  const bool is_taken = primary.profile == Profile::postfix && primary.rules.takes_utf8;
  if (!facts.needs_utf8 || is_taken) return std::nullopt;
  return keep(Reason::not_followed, "the primary may refuse mail with SMTPUTF8");
}

/// Drops the parts of a resolution that are not needed later. This saves memory: a message may have a thousand
/// recipients.
void drop_unread(Resolution& resolution, const Relay& relay, Trace trace) {
  if (trace == Trace::on) return;
  resolution.steps = {};
  resolution.mailboxes = {};
  if (trace == Trace::off && !merges_copies(relay)) resolution.leaves = {};
}

/// With reject-unknown, turns `unknown-recipient` into a refusal if it is certain; if not, `detail` says why.
void reject_if_certain(Decision& decision, const Address& recipient, const Relay& relay, const Snapshot& snapshot,
                       const DecisionOptions& options) {
  if (!relay.refuses_unknown || decision.reason != Reason::unknown_recipient) return;
  decision.detail = why_not_refused(recipient, decision.resolution, relay, options.now);
  if (decision.detail.empty() && snapshot.host->copies(recipient, options.budget.deadline()).value_or(true)) {
    decision.detail = "recipient_bcc_maps of this host copies mail for it, or may do so";
  }
  if (decision.detail.empty()) decision.verdict = Verdict::reject;
}

/// The decision by the tables alone, without facts from the MTA and the client.
Decision decide_by_tables(const Address& recipient, const Relay& relay, const Snapshot& snapshot,
                          const DecisionOptions& options) {
  Budget& budget = options.budget;
  const auto rewritten_here = snapshot.host->maps_to_another_address(recipient, budget.deadline());
  if (!rewritten_here || *rewritten_here) {
    Decision kept = rewritten_here ? keep(Reason::not_followed, "a table of this host rewrites the address")
                                   : keep(reason_of(rewritten_here.error().kind), rewritten_here.error().text());
    kept.keeps_others = has_recipient_actions(relay.primary);  // the primary gets an address that is not known
    return kept;
  }
  Resolution resolution =
      resolve(recipient, relay.primary, *snapshot.host, needed_trace(options.trace, relay, snapshot), budget);
  Decision decision = decision_for(recipient, std::move(resolution), relay, snapshot, budget);
  reject_if_certain(decision, recipient, relay, snapshot, options);
  return decision;
}

/// The addresses that the chain of the recipient passes, each also without its extension: a table may have either form.
std::vector<Address> chain_of(const Address& recipient, const Resolution& resolution, const Relay& relay) {
  std::vector<Address> chain = {recipient};
  for (const Step& step : resolution.steps) {
    if (auto address = Address::parse(step.address)) chain.push_back(std::move(*address));
  }
  for (std::size_t i = chain.size(); i > 0; --i) {
    if (auto bare = without_extension(chain[i - 1], relay)) chain.push_back(std::move(*bare));
  }
  return chain;
}

/// Reverts a rewrite if a prediction about an address of its chain was refuted. Called for each decision, because a
/// message that comes back may refute a rewrite at any time. A chain that passes an address leads to the mailboxes of
/// that address. So the refutation of an address keeps every recipient whose chain passes it. A refutation no longer
/// counts if its address would now be replaced by other targets.
void keep_if_refuted(Decision& decision, const Address& recipient, const Relay& relay, const Snapshot& snapshot,
                     const DecisionOptions& options) {
  if (decision.verdict != Verdict::rewrite || !has_refutations(snapshot)) return;
  for (const Address& address : chain_of(recipient, decision.resolution, relay)) {
    const auto refutation = snapshot.refutations->find(relay.name, relay.fingerprint, folded(address.external()));
    if (!refutation) continue;
    const Decision present = decide_by_tables(address, relay, snapshot, {options.now, Trace::off, options.budget});
    const bool is_same = expected_text(expected_returns(present, snapshot)) == refutation->expected;
    if (!is_same && present.verdict == Verdict::rewrite) continue;
    const std::string whose = address.key() == recipient.key() ? "it" : printable(refutation->recipient, 200);
    return take_back(decision, Reason::refuted, "mail for " + whose + " came back for " + refutation->came_for);
  }
}

/// The decision for an address of the relay. The caller knows that its route leads to the primary.
Decision decide_routed(const Address& recipient, const Relay& relay, const Snapshot& snapshot,
                       const DecisionOptions& options) {
  if (is_among(relay.excluded, recipient, relay)) {
    return keep_unfollowed(recipient, relay, options.budget.deadline(), Reason::excluded);
  }
  if (auto why = why_unusable(relay, options.now); !why.empty()) {
    Decision kept = keep(Reason::stale, std::move(why));
    kept.keeps_others = true;  // other relay files may name the same primary, and its tables may have changed
    return kept;
  }
  Decision decision = decide_by_tables(recipient, relay, snapshot, options);
  if (decision.verdict == Verdict::rewrite && is_srs(recipient.local_part())) {
    take_back(decision, Reason::not_followed, "an SRS address: only the primary's SRS daemon knows where it leads");
  }
  if (decision.verdict == Verdict::rewrite && !relay.unaccepted.empty()) {
    take_back(decision, Reason::policy, "not in accept-difference: " + relay.unaccepted);
  }
  if (decision.verdict == Verdict::rewrite && !relay.client_action.empty()) {
    take_back(decision, Reason::not_followed, relay.client_action);
  }
  keep_if_refuted(decision, recipient, relay, snapshot, options);
  drop_unread(decision.resolution, relay, options.trace);
  return decision;
}

/// Whether the sender may be one of the replacements; a sender that is not known may be anybody.
bool leads_to_sender(const RecipientFacts& facts, const Decision& decision) {
  if (facts.sender == "<>") return false;
  const auto sender = parse_rcpt_path(facts.sender.value_or(""));
  return !sender || std::ranges::find(decision.to, sender->key(), &Address::key) != decision.to.end();
}

}  // namespace

bool is_relayed_as_another(const Address& recipient, const RecipientFacts& facts) {
  if (facts.relayed_as.empty()) return false;
  const auto relayed = parse_rcpt_path(facts.relayed_as);
  return !relayed || relayed->a_label_key() != recipient.a_label_key();
}

std::string why_unusable(const Relay& relay, std::chrono::system_clock::time_point now) {
  if (!relay.held_back.empty()) return relay.held_back;
  if (!relay.max_age || now - relay.newest.time <= *relay.max_age) return {};
  if (relay.newest.file.empty()) return "no file of the relay has a plausible time";
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - relay.newest.time);
  return "the newest file, " + printable(relay.newest.file, 200) + ", is " + duration_text(age) + " old; max-age is " +
         duration_text(*relay.max_age);
}

Budget running_budget(const Snapshot& snapshot, Deadline now) {
  Budget budget({.time = snapshot.lookup_timeout});
  budget.start_clock(now);
  return budget;
}

RecipientFacts facts_of_remote_client(std::string_view rcpt_argument) {
  return {.client_address = "unknown", .written = rcpt_argument};  // differs from every address of a primary
}

std::vector<std::string> expected_returns(const Decision& decision, const Snapshot& snapshot) {
  std::vector<std::string> expected;
  for (const Address& address : decision.to) {
    if (snapshot.relay_for(address) == nullptr) expected.push_back(folded(address.external()));
  }
  return expected;
}

Mode mode_for(const Address& recipient, const Relay& relay) {
  if (relay.rewrite_only.empty() || is_among(relay.rewrite_only, recipient, relay)) return relay.mode;
  return Mode::observe;
}

Decision decide(const Address& recipient, const RecipientFacts& facts, const Snapshot& snapshot,
                const DecisionOptions& options) {
  Decision decision = decide_address(recipient, facts, snapshot, options);
  if (decision.verdict != Verdict::rewrite) return decision;
  const Relay* relay = snapshot.relay_for(recipient);
  const Deadline deadline = options.budget.deadline();
  auto of_sender = sender_obstacle(facts.sender, relay->primary, *snapshot.host, deadline);
  if (!of_sender) of_sender = snapshot.host->sender_action(facts.sender.value_or(""), deadline);
  if (of_sender) return keep(reason_of(of_sender->kind), of_sender->text());
  if (relay->primary.senders.are_left_out && leads_to_sender(facts, decision)) {
    return keep(Reason::not_followed, "the primary's option MeToo removes the sender from the recipients");
  }
  auto obstacle = parameter_obstacle(facts, decision.to, relay->primary);
  return obstacle ? std::move(*obstacle) : decision;
}

Decision decide(const Address& recipient, const RecipientFacts& facts, const Snapshot& snapshot,
                std::chrono::system_clock::time_point now, Trace trace) {
  Budget own;
  return decide(recipient, facts, snapshot, {now, trace, own});
}

Decision decide_address(const Address& recipient, const Snapshot& snapshot, const DecisionOptions& options) {
  return decide_address(recipient, {}, snapshot, options);
}

Decision decide_address(const Address& recipient, const RecipientFacts& facts, const Snapshot& snapshot,
                        const DecisionOptions& options) {
  const Relay* relay = snapshot.relay_for(recipient);
  if (relay == nullptr) return keep(Reason::not_relayed);
  for (const auto find_obstacle : {route_obstacle, own_route_obstacle}) {
    if (auto obstacle = find_obstacle(recipient, facts, *relay, snapshot, options.budget.deadline())) {
      return std::move(*obstacle);
    }
  }
  return decide_routed(recipient, *relay, snapshot, options);
}

}  // namespace shorthop
