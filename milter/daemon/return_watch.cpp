#include "daemon/return_watch.h"

#include <algorithm>
#include <set>
#include <utility>

#include "daemon/log/message_log.h"
#include "load/prediction_memory.h"
#include "session/decision.h"
#include "session/merged_copies.h"
#include "session/relay_hosts.h"
#include "system/ip_address.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

/// Whether the mail for the recipient goes to its primary, and its return is checked. Mail from the primary is not
/// checked, nor is a recipient with the reason invalid-address.
bool is_awaited(const RecipientReport& report) {
  const Reason reason = report.decision->reason;
  return report.relay != nullptr && report.mode != Mode::rewrite && !report.applied && reason != Reason::from_primary &&
         reason != Reason::invalid_address;
}

Awaited awaited_of(const RecipientReport& report, const Snapshot& snapshot) {
  const Relay& relay = *report.relay;
  Awaited awaited{relay.name,
                  report.recipient,
                  report.orcpt,
                  report.decision->reason,
                  expected_returns(*report.decision, snapshot),
                  relay.fingerprint};
  // A primary that merges copies gives the one copy the ORCPT of one recipient.
  if (primary_merges_copies(relay)) awaited.orcpt.clear();
  return awaited;
}

bool is_relay_host(std::string_view address, std::string_view name, const Snapshot& snapshot) {
  return std::ranges::any_of(snapshot.relays, [&](const auto& relay) { return is_host_of(address, name, *relay); });
}

/// The Received fields, newest first, up to and including the first one that says that this host received the message
/// from a host of a relay. The older fields after it belong to an earlier trip, for example if a user here forwards
/// mail back to the primary.
std::vector<TraceField> since_last_trip(const TraceHeader& header, std::string_view host, const Snapshot& snapshot) {
  const auto is_last = [&](const TraceField& field) {
    return equal_folded(field.by, host) && is_relay_host(field.from_address, field.from_name, snapshot);
  };
  const auto last = std::ranges::find_if(header.received, is_last);
  return {header.received.begin(), last == header.received.end() ? last : last + 1};
}

/// Whether the primary says that it received the message from this host. Then its hosts have added every field above
/// this host's newest field, and the field directly above that one names this host as the client. A sender can forge
/// all fields below a field that names another client. local(8) of the primary names no client, and its content filters
/// are at loopback addresses.
bool came_from_here(const std::vector<TraceField>& trace, std::string_view host, const Snapshot& snapshot) {
  bool names_this_host = false;
  for (const TraceField& field : trace) {
    if (equal_folded(field.by, host)) return names_this_host;
    if (names_this_host) return false;
    names_this_host = equal_folded(field.from_name, host) || snapshot.host->is_this_host(field.from_address);
    const bool is_within_primary =
        !field.has_from || is_loopback(field.from_address) || is_relay_host(field.from_address, {}, snapshot);
    if (!names_this_host && !is_within_primary) return false;
  }
  return false;
}

/// Whether the data in force makes the same prediction as the older data whose prediction was refuted. Also true if
/// that is not known at the moment: the refutation then has no effect unless the prediction is made again.
bool is_still_predicted(const Awaited& awaited, const Address& recipient, const Snapshot& current,
                        ReturnWatch::Time now) {
  Budget budget = running_budget(current, std::chrono::steady_clock::now());
  const Decision decision = decide_address(recipient, current, {now, Trace::off, budget});
  if (decision.verdict == Verdict::rewrite) {
    return expected_text(expected_returns(decision, current)) == expected_text(awaited.expected);
  }
  return decision.reason == Reason::lookup_failed || decision.reason == Reason::stale;
}

}  // namespace

bool ReturnWatch::wants_header(const Outcome& outcome) const {
  if (!outcome.snapshot || !outcome.snapshot->checks_predictions) return false;
  if (std::ranges::any_of(outcome.reports, is_awaited)) return true;
  if (outcome.arrivals.empty()) return false;
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(outcome.client_relays, [&](const auto& relay) { return predictions_.awaits(relay); });
}

void ReturnWatch::take(const MessageName& name, const Outcome& outcome, const TraceHeader& header,
                       const Snapshot& current, Time now) {
  if (!outcome.snapshot || !outcome.snapshot->checks_predictions) return;
  report(receive(name, outcome, header, now), current, now);
  report(add_outgoing(name, outcome, header, now), current, now);
}

Predictions::Reports ReturnWatch::add_outgoing(const MessageName& name, const Outcome& outcome,
                                               const TraceHeader& header, Time now) {
  Outgoing message{std::string(name.queue_id), std::string(name.host), header.message_id, {}, outcome.has_others};
  std::set<std::string> known;  // a client may give a recipient twice; its mail comes back once
  for (const RecipientReport& report : outcome.reports) {
    if (!is_awaited(report)) {
      message.has_others = true;
    } else if (known.insert(folded(report.recipient)).second) {
      message.recipients.push_back(awaited_of(report, *outcome.snapshot));
    }
  }
  if (message.recipients.empty()) return {};
  const std::lock_guard lock(mutex_);
  return predictions_.add(std::move(message), now);
}

Predictions::Reports ReturnWatch::receive(const MessageName& name, const Outcome& outcome, const TraceHeader& header,
                                          Time now) {
  if (outcome.arrivals.empty() || (header.received.empty() && header.message_id.empty())) return {};
  Returned returned{std::string(name.queue_id), outcome.client_relays,
                    outcome.arrivals,           since_last_trip(header, name.host, *outcome.snapshot),
                    header.message_id,          std::string(name.host)};
  returned.came_from_here = came_from_here(returned.trace, name.host, *outcome.snapshot);
  const std::lock_guard lock(mutex_);
  return predictions_.receive(returned, now);
}

void ReturnWatch::expire(const Snapshot& current, Time now, std::chrono::seconds return_time) {
  Predictions::Reports reports;
  {
    const std::lock_guard lock(mutex_);
    predictions_.set_return_time(return_time);
    reports = predictions_.expire(now);
  }
  report(reports, current, now);
}

void ReturnWatch::report(const Predictions::Reports& reports, const Snapshot& current, Time now) {
  for (const PredictionReport& one : reports) {
    if (one.result == PredictionResult::refuted) refute(one, current, now);
    counters_.add_prediction(one);
    log_prediction(log_, one);
  }
}

/// Keeps the recipient from the next message on. If its data has changed since the message was sent, the
/// refutation counts only if the data in force makes the same prediction.
void ReturnWatch::refute(const PredictionReport& refuted, const Snapshot& current, Time now) {
  const Awaited& awaited = refuted.awaited;
  const auto recipient = Address::parse(awaited.recipient);
  const Relay* relay = recipient ? current.relay_for(*recipient) : nullptr;
  if (relay == nullptr || relay->name != awaited.relay) return;
  if (awaited.fingerprint != relay->fingerprint && !is_still_predicted(awaited, *recipient, current, now)) return;
  refutations_->insert({awaited.relay, folded(awaited.recipient), expected_text(awaited.expected), refuted.came_for,
                        relay->fingerprint});
  has_news_ = true;
}

void ReturnWatch::forget_old_data(const Snapshot& snapshot) {
  for (const auto& [domain, relay] : snapshot.relay_by_domain) {
    if (!relay->held_back.empty()) continue;
    if (refutations_->keep_only(relay->name, relay->fingerprint)) counters_.begin_confirming(relay->name);
  }
}

std::string ReturnWatch::encoded() const {
  const std::lock_guard lock(mutex_);
  return encoded_predictions(predictions_, *refutations_);
}

void ReturnWatch::decode(std::string_view text) {
  const std::lock_guard lock(mutex_);
  decode_predictions(text, predictions_, *refutations_);
}

}  // namespace shorthop
