#include "session/predictions.h"

#include <algorithm>

#include "mail/dsn.h"
#include "system/ip_address.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

using Message = Predictions::Message;
using Recipient = Predictions::Recipient;

bool expects(const Awaited& awaited, std::string_view folded_address) {
  return std::ranges::find(awaited.expected, folded_address) != awaited.expected.end();
}

std::size_t bytes_of(const Message& message) {
  std::size_t bytes = sizeof(Message) + 200;  // 200: nodes and keys
  bytes += 3 * message.sent.queue_id.size() + message.sent.host.size() + 2 * message.sent.message_id.size();
  for (const Recipient& recipient : message.recipients) {
    const Awaited& awaited = recipient.awaited;
    bytes += sizeof(Recipient) + awaited.relay.size() + awaited.recipient.size() + awaited.orcpt.size() +
             recipient.orcpt.size();
    for (const std::string& address : awaited.expected) bytes += 2 * (sizeof(std::string) + address.size());
  }
  return bytes;
}

PredictionReport report_of(PredictionResult result, const Message& message, const Awaited& awaited,
                           Predictions::Time now) {
  const auto after = std::chrono::duration_cast<std::chrono::seconds>(now - message.since);
  return {result, message.sent.queue_id, awaited, {}, {}, std::max(after, std::chrono::seconds(0))};
}

PredictionReport report_of(PredictionResult result, const Message& message, const Awaited& awaited,
                           const Predictions::UnassignedCopy& returned, Predictions::Time now) {
  PredictionReport report = report_of(result, message, awaited, now);
  report.came_for = returned.recipient;
  report.return_id = returned.queue_id;
  return report;
}

/// Whether a copy for an unpredicted address may belong to the recipient. Used when the message is no longer awaited.
bool is_unexplained(const Recipient& recipient) {
  return !recipient.is_confirmed && !recipient.is_refuted && recipient.arrived.empty();
}

}  // namespace

Predictions::Reports Predictions::add(Outgoing message, Time now) {
  Reports reports;
  if (message.queue_id.empty() || message.recipients.empty()) return reports;
  // Postfix may use a short queue ID again once its file is gone (postconf(5), enable_long_queue_ids).
  if (messages_.contains(message.queue_id)) reports = conclude(take(message.queue_id), now);
  Message kept{std::move(message), {}, {}, now, 0};
  for (Awaited& awaited : kept.sent.recipients) {
    std::string orcpt = orcpt_key(awaited.orcpt);
    kept.recipients.push_back({std::move(awaited), std::move(orcpt), {}, false, false});
  }
  kept.sent.recipients.clear();
  insert(std::move(kept));
  while (bytes_ > limits_.max_bytes) {
    for (PredictionReport& report : conclude(take(by_age_.front()), now)) reports.push_back(std::move(report));
  }
  return reports;
}

void Predictions::restore(Message message) {
  if (message.sent.queue_id.empty() || messages_.contains(message.sent.queue_id) || bytes_ > limits_.max_bytes) return;
  insert(std::move(message));
}

void Predictions::insert(Message message) {
  message.bytes = bytes_of(message);
  bytes_ += message.bytes;
  count_relays(message, true);
  std::string queue_id = message.sent.queue_id;
  if (!message.sent.message_id.empty()) by_message_id_.emplace(message.sent.message_id, queue_id);
  by_age_.push_back(queue_id);
  messages_.emplace(std::move(queue_id), std::move(message));
}

Message Predictions::take(const std::string& queue_id) {
  auto node = messages_.extract(queue_id);
  by_age_.erase(std::ranges::find(by_age_, node.key()));  // nearly always the first
  Message message = std::move(node.mapped());
  bytes_ -= message.bytes;
  count_relays(message, false);
  const auto [begin, end] = by_message_id_.equal_range(message.sent.message_id);
  const auto same = std::find_if(begin, end, [&](const auto& named) { return named.second == message.sent.queue_id; });
  if (same != end) by_message_id_.erase(same);
  return message;
}

void Predictions::count_relays(const Message& message, bool is_new) {
  for (const Recipient& recipient : message.recipients) {
    const auto found = waiting_.try_emplace(recipient.awaited.relay, 0).first;
    found->second += is_new ? 1 : std::size_t(-1);
    if (found->second == 0) waiting_.erase(found);
  }
}

/// The evidence of the Received fields below this one, if this one is `evidence`. If a host received the message from
/// itself, a content filter passed the message on, so it had been there before: the evidence stays. If the message was
/// submitted on this host (local(8) and sendmail(1) write no client), the evidence is at most `name`: mail from a
/// filter and from a user's .forward look the same. Below any other client it is `likeness`: the client may be a filter
/// too.
Predictions::Evidence Predictions::evidence_behind(const TraceField& field, bool is_own, Evidence evidence) {
  if (is_loopback(field.from_address)) return evidence;
  return is_own && field.from_address.empty() ? std::min(evidence, Evidence::name) : Evidence::likeness;
}

/// The messages that may have come back: by this host's own Received fields, or else by the Message-ID, which remains
/// where the primary removes such fields. The Message-ID is not proof: a sender may give the same one to several
/// messages, and some of them may reach the primary without passing this host. If any Received field is left, the
/// primary does not remove such fields. Then the message has probably not passed this host, and the Message-ID can only
/// confirm.
std::vector<Predictions::Origin> Predictions::origins(const Returned& returned) {
  std::vector<Origin> found;
  const auto add = [&](std::string_view queue_id, Evidence evidence, const std::string* by) {
    const auto at = messages_.find(queue_id);
    if (at == messages_.end() || std::ranges::find(found, &at->second, &Origin::message) != found.end()) return;
    const Outgoing& sent = at->second.sent;
    const bool is_of_host = by == nullptr || sent.host.empty() || equal_folded(sent.host, *by);
    const bool is_same =
        evidence == Evidence::proof || sent.message_id.empty() || sent.message_id == returned.message_id;
    if (is_of_host && is_same) found.push_back({&at->second, evidence});
  };
  bool has_own_field = false;  // a field of this host was seen
  Evidence evidence = returned.came_from_here ? Evidence::proof : Evidence::likeness;
  for (const TraceField& field : returned.trace) {
    const bool is_own = returned.host.empty() || equal_folded(field.by, returned.host);
    if (is_own) add(field.id, evidence, &field.by);
    has_own_field = has_own_field || (is_own && !returned.host.empty());
    evidence = has_own_field ? evidence_behind(field, is_own, evidence) : evidence;
  }
  if (!found.empty() || has_own_field || returned.message_id.empty()) return found;
  const auto [begin, end] = by_message_id_.equal_range(returned.message_id);
  evidence = returned.trace.empty() ? Evidence::name : Evidence::likeness;
  constexpr std::size_t max_same = 100;  // a client may use one Message-ID for as many messages as it likes
  for (auto named = begin; named != end && found.size() < max_same; ++named) add(named->second, evidence, nullptr);
  return found;
}

Predictions::Reports Predictions::receive(const Returned& returned, Time now) {
  Reports reports;
  const std::vector<Origin> found = origins(returned);
  for (const Arrival& arrival : returned.arrivals) assign(arrival, returned, found, now, reports);
  return reports;
}

/// Finds the recipient that a copy belongs to: the one that its ORCPT names (RFC 3461, 4.2: ORCPT survives aliases),
/// else all recipients that expect its address. A copy that no recipient expects, but that is certainly of the message,
/// belongs to the message's only recipient. If there are several recipients, the copy stays unassigned until
/// conclude().
void Predictions::assign(const Arrival& arrival, const Returned& returned, const std::vector<Origin>& origins, Time now,
                         Reports& reports) {
  const std::string address = folded(arrival.recipient);
  const std::string orcpt = orcpt_key(arrival.orcpt);
  std::vector<Claim> proven;  // for messages of which this is certainly a copy
  std::vector<Claim> named;
  std::vector<Claim> expecting;
  for (const auto& [message, evidence] : origins) {
    for (Recipient& recipient : message->recipients) {
      if (std::ranges::find(returned.relays, recipient.awaited.relay) == returned.relays.end()) continue;
      const Claim claim{message, &recipient};
      const bool is_named = !orcpt.empty() && orcpt == recipient.orcpt;
      if (evidence == Evidence::proof) proven.push_back(claim);
      if (evidence != Evidence::likeness && is_named) named.push_back(claim);
      if (expects(recipient.awaited, address)) expecting.push_back(claim);
    }
  }
  std::vector<Claim> chosen;
  std::ranges::copy_if(expecting, std::back_inserter(chosen), [&](const Claim& claim) {
    return named.empty() || std::ranges::find(named, claim.recipient, &Claim::recipient) != named.end();
  });
  if (chosen.empty() && named.size() == 1) chosen = named;
  const bool is_only = proven.size() == 1 && !proven.front().message->sent.has_others;
  if (chosen.empty() && named.empty() && is_only) chosen = proven;
  for (const Claim& claim : chosen) apply(claim, arrival, returned.queue_id, now, reports);
  if (!chosen.empty() || proven.empty()) return;
  std::vector<UnassignedCopy>& unassigned = proven.front().message->unassigned;
  if (unassigned.size() < limits_.max_unassigned) unassigned.push_back({arrival.recipient, returned.queue_id});
}

void Predictions::apply(const Claim& claim, const Arrival& arrival, std::string_view return_id, Time now,
                        Reports& reports) {
  Recipient& recipient = *claim.recipient;
  const std::string address = folded(arrival.recipient);
  if (std::ranges::find(recipient.arrived, address) != recipient.arrived.end()) return;  // only a second copy for it
  const UnassignedCopy returned{arrival.recipient, std::string(return_id)};
  const auto report = [&](PredictionResult result) {
    reports.push_back(report_of(result, *claim.message, recipient.awaited, returned, now));
  };
  const bool is_expected = expects(recipient.awaited, address);
  constexpr std::size_t max_arrived = 1000;
  if (recipient.arrived.size() < max_arrived) recipient.arrived.push_back(address);
  if (recipient.awaited.expected.empty()) {
    report(PredictionResult::missed);
  } else if (!is_expected && !recipient.is_refuted) {
    recipient.is_refuted = true;
    report(PredictionResult::refuted);
  } else if (is_expected && !recipient.is_refuted && !recipient.is_confirmed) {
    recipient.is_confirmed = std::ranges::all_of(recipient.awaited.expected, [&](const std::string& expected) {
      return std::ranges::find(recipient.arrived, expected) != recipient.arrived.end();
    });
    if (recipient.is_confirmed) report(PredictionResult::confirmed);
  }
}

Predictions::Reports Predictions::expire(Time now) {
  Reports reports;
  // If the clock was set back, it is not known how long the messages have been waiting, so they begin to wait again.
  for (auto& [queue_id, message] : messages_) message.since = std::min(message.since, now);
  while (!by_age_.empty()) {
    const Message& oldest = messages_.find(by_age_.front())->second;
    if (now - oldest.since < limits_.return_time) break;
    for (PredictionReport& report : conclude(take(by_age_.front()), now)) reports.push_back(std::move(report));
  }
  return reports;
}

/// A copy that no recipient expected belongs to the recipient whose own copy did not come. If there are several such
/// recipients, or the message has recipients that are not awaited, it is not known whose copy it is. Predictions
/// without a result become open.
Predictions::Reports Predictions::conclude(Message message, Time now) {
  Reports reports;
  for (const UnassignedCopy& copy : message.unassigned) {
    std::vector<Claim> claims;
    for (Recipient& recipient : message.recipients) {
      if (is_unexplained(recipient)) claims.push_back({&message, &recipient});
    }
    if (claims.size() == 1 && !message.sent.has_others) {
      apply(claims.front(), {copy.recipient, {}}, copy.queue_id, now, reports);
      continue;
    }
    Awaited unknown;
    unknown.relay = message.recipients.front().awaited.relay;
    unknown.reason =
        claims.empty() ? message.recipients.front().awaited.reason : claims.front().recipient->awaited.reason;
    reports.push_back(report_of(PredictionResult::missed, message, unknown, copy, now));
  }
  for (const Recipient& recipient : message.recipients) {
    const bool is_open = !recipient.awaited.expected.empty() && !recipient.is_confirmed && !recipient.is_refuted;
    if (is_open) reports.push_back(report_of(PredictionResult::open, message, recipient.awaited, now));
  }
  return reports;
}

std::vector<const Message*> Predictions::all() const {
  std::vector<const Message*> list;
  for (const std::string& queue_id : by_age_) list.push_back(&messages_.find(queue_id)->second);
  return list;
}

bool is_control_sample(std::string_view queue_id, unsigned percent) {
  if (queue_id.empty()) return false;
  std::uint32_t hash = 2166136261U;  // FNV-1a, because the IDs of one second differ only in a few characters
  for (const char c : queue_id) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return (hash >> 8) % 100 < percent;
}

}  // namespace shorthop
