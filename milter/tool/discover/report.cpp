#include "tool/discover/report.h"

#include <algorithm>
#include <tuple>

#include "text/ascii.h"

namespace shorthop::tool {
namespace {

constexpr std::size_t max_next_hops = 10'000;

/// Why shorthop could not have avoided the round trip. Empty if it could, or if there is no alias data.
std::string_view missed_reason(const TripDecision& decision) {
  switch (decision.kind) {
    case TripDecision::Kind::differs:
    case TripDecision::Kind::unseen: return name_of(decision.kind);
    case TripDecision::Kind::keep: return decision.reason_code();
    case TripDecision::Kind::unknown:
    case TripDecision::Kind::rewrite: break;
  }
  return {};
}

/// The decision may depend on the client and the sender, so trips with different decisions are in different rows.
std::string key_of(const std::string& original, const std::vector<std::string>& finals, const TripDecision& decision) {
  std::string key = folded(original);
  for (const std::string& final : finals) (key += '\n') += folded(final);
  return ((key += '\n') += name_of(decision.kind)) += decision.reason_code();
}

void add_to(Saved& total, const Saved& more) {
  total.transactions += more.transactions;
  total.hops += more.hops;
  total.bytes += more.bytes;
  total.without_size += more.without_size;
}

void add_to_row(TripRow& row, const RoundTrip& trip, const std::vector<std::string>& finals,
                const TripDecision& decision) {
  if (row.count == 0) {
    row.original = trip.original;
    row.finals = finals;
    row.next_hop = trip.next_hop.name;
    row.first = row.last = trip.arrived;
    row.is_certain = false;
  }
  ++row.count;
  row.bytes += trip.size;
  if (!trip.has_size) ++row.without_size;
  row.time += trip.time;
  row.slowest = std::max(row.slowest, trip.time);
  row.first = std::min(row.first, trip.arrived);
  row.last = std::max(row.last, trip.arrived);
  if (trip.is_alone) row.is_certain = true;
  row.decision = decision;
}

}  // namespace

void Report::add(const MessageTrips& message, const std::vector<TripDecision>& decisions) {
  totals_.relayed += message.relayed;
  if (message.is_cut) ++totals_.cut;
  if (message.trips.empty()) return;
  ++totals_.messages;
  totals_.trips += message.trips.size();
  for (std::size_t at = 0; at < message.trips.size(); ++at) add_trip(message.trips[at], decisions[at]);
  const Saved cost = cost_of(message);
  add_to(totals_.cost, cost);
  add_to(totals_.saved, saved_by(message, decisions));
  for (std::size_t verdict = 0; verdict < filter_verdict_count; ++verdict) {
    if (message.verdicts.test(verdict)) ++totals_.verdicts[verdict];
  }
  add_hour(message, cost);
}

void Report::add_verdicts(const std::array<std::uint64_t, filter_verdict_count>& verdicts) {
  for (std::size_t at = 0; at < filter_verdict_count; ++at) totals_.verdicts[at] += verdicts[at];
}

void Report::add_trip(const RoundTrip& trip, const TripDecision& decision) {
  totals_.time += trip.time;
  if (decision.kind == TripDecision::Kind::rewrite) ++totals_.saved_trips;
  if (const auto reason = missed_reason(decision); !reason.empty()) ++totals_.missed[std::string(reason)];
  if (next_hops_.size() < max_next_hops) next_hops_.insert(trip.next_hop.address);
  std::vector<std::string> finals = trip.finals;
  std::ranges::sort(finals);
  if (trip.is_alone && seen_.size() < max_rows) {
    for (const std::string& final : finals) seen_.emplace(folded(trip.original), folded(final));
  }
  const std::string key = key_of(trip.original, finals, decision);
  if (rows_.size() >= max_rows && !rows_.contains(key)) {
    ++totals_.not_listed;
  } else {
    add_to_row(rows_[key], trip, finals, decision);
  }
}

void Report::add_hour(const MessageTrips& message, const Saved& cost) {
  const LogTime begin = std::chrono::floor<std::chrono::hours>(message.trips.front().arrived);
  auto at = hours_.find(begin);
  if (at == hours_.end() && hours_.size() < max_hours) at = hours_.try_emplace(begin).first;
  if (at == hours_.end()) return;
  at->second.trips += message.trips.size();
  at->second.transactions += cost.transactions;
  at->second.bytes += cost.bytes;
  for (const RoundTrip& trip : message.trips) at->second.time += trip.time;
}

bool Report::was_seen(std::string_view original, std::string_view final) const {
  return seen_.contains({folded(original), folded(final)});
}

std::vector<const TripRow*> Report::rows() const {
  std::vector<const TripRow*> rows;
  rows.reserve(rows_.size());
  for (const auto& [key, row] : rows_) rows.push_back(&row);
  std::ranges::sort(rows, [](const TripRow* one, const TripRow* other) {
    if (one->count != other->count) return one->count > other->count;
    return std::forward_as_tuple(one->original, one->finals, one->decision.kind, one->decision.reason_code()) <
           std::forward_as_tuple(other->original, other->finals, other->decision.kind, other->decision.reason_code());
  });
  return rows;
}

}  // namespace shorthop::tool
