#include "daemon/return_watch.h"

#include <algorithm>
#include <set>
#include <utility>

#include "daemon/log/message_log.h"
#include "load/prediction_memory.h"
#include "session/decision.h"
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

Awaited awaited_of(const RecipientReport& report) {
  const Relay& relay = *report.relay;
  Awaited awaited{relay.name, report.recipient, report.orcpt, report.decision->reason, {}, relay.fingerprint};
  // A primary that merges copies gives the one copy the ORCPT of one recipient.
  if (merges_copies(relay)) awaited.orcpt.clear();
  for (const Address& address : report.decision->to) awaited.expected.push_back(folded(address.external()));
  return awaited;
}

/// The Received fields, newest first, up to and including the first one that says that this host received the message
/// from a host of a relay. The older fields after it belong to an earlier trip, for example if a user here forwards
/// mail back to the primary.
std::vector<TraceField> since_last_trip(const TraceHeader& header, std::string_view host, const Snapshot& snapshot) {
  const auto is_last = [&](const TraceField& field) {
    return equal_folded(field.by, host) && std::ranges::any_of(snapshot.relay_by_domain, [&](const auto& named) {
             return is_host_of(field.from_address, field.from_name, *named.second);
           });
  };
  const auto last = std::ranges::find_if(header.received, is_last);
  return {header.received.begin(), last == header.received.end() ? last : last + 1};
}

}  // namespace

bool ReturnWatch::wants_header(const Outcome& outcome) const {
  if (!outcome.snapshot || !outcome.snapshot->checks_predictions) return false;
  if (std::ranges::any_of(outcome.reports, is_awaited)) return true;
  if (outcome.arrivals.empty()) return false;
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(outcome.client_relays, [&](const auto& relay) { return predictions_.awaits(relay); });
}

void ReturnWatch::take(const MessageName& name, const Outcome& outcome, const TraceHeader& header, Time now) {
  if (!outcome.snapshot || !outcome.snapshot->checks_predictions) return;
  receive(name, outcome, header, now);
  send_off(name, outcome, header, now);
}

void ReturnWatch::send_off(const MessageName& name, const Outcome& outcome, const TraceHeader& header, Time now) {
  Outgoing message{std::string(name.queue_id), std::string(name.host), header.message_id, {}, outcome.has_others};
  std::set<std::string> known;  // a client may give a recipient twice; its mail comes back once
  for (const RecipientReport& report : outcome.reports) {
    if (!is_awaited(report)) {
      message.has_others = true;
    } else if (known.insert(folded(report.recipient)).second) {
      message.recipients.push_back(awaited_of(report));
    }
  }
  if (message.recipients.empty()) return;
  Predictions::Reports reports;
  {
    const std::lock_guard lock(mutex_);
    reports = predictions_.add(std::move(message), now);
  }
  report(reports);
}

void ReturnWatch::receive(const MessageName& name, const Outcome& outcome, const TraceHeader& header, Time now) {
  if (outcome.arrivals.empty() || (header.received.empty() && header.message_id.empty())) return;
  const Returned returned{std::string(name.queue_id), outcome.client_relays,
                          outcome.arrivals,           since_last_trip(header, name.host, *outcome.snapshot),
                          header.message_id,          std::string(name.host)};
  Predictions::Reports reports;
  {
    const std::lock_guard lock(mutex_);
    reports = predictions_.receive(returned, now);
  }
  report(reports);
}

void ReturnWatch::expire(Time now, std::chrono::seconds return_time) {
  Predictions::Reports reports;
  {
    const std::lock_guard lock(mutex_);
    predictions_.set_return_time(return_time);
    reports = predictions_.expire(now);
  }
  report(reports);
}

/// A refuted recipient is kept from the next message on.
void ReturnWatch::report(const Predictions::Reports& reports) {
  for (const PredictionReport& one : reports) {
    if (one.result == PredictionResult::refuted) {
      refutations_->insert({one.awaited.relay, folded(one.awaited.recipient), expected_text(one.awaited.expected),
                            one.came_for, one.awaited.fingerprint});
    }
    has_news_ = has_news_ || one.result == PredictionResult::refuted;
    counters_.add_prediction(one);
    log_prediction(log_, one);
  }
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
