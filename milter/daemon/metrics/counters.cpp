#include "daemon/metrics/counters.h"

#include <fmt/format.h>

#include <algorithm>

#include "text/lines.h"
#include "text/number.h"

namespace shorthop {
namespace {

template <class Array>
void add_each(Array& to, const Array& other) {
  std::ranges::transform(to, other, to.begin(), saturated_sum);
}

/// The name of a cell in the totals: "recipients kept foreign-target", "missed command-target".
std::string recipients_name(std::size_t disposition, std::size_t reason) {
  return fmt::format("recipients {} {}", disposition_names[disposition], reason_rows[reason].name);
}
std::string missed_name(std::size_t reason) { return fmt::format("missed {}", reason_rows[reason].name); }

/// Calls `use(name, number)` with each number of a relay; `use` may change it.
template <class Counts, class Use>
void each_number(Counts& of_relay, Use use) {
  for (std::size_t i = 0; i < relay_count_rows.size(); ++i)
    use(std::string(relay_count_rows[i].name), of_relay.counts[i]);
  for (std::size_t reason = 0; reason < reason_rows.size(); ++reason) {
    use(missed_name(reason), of_relay.missed[reason]);
    for (std::size_t disposition = 0; disposition < disposition_names.size(); ++disposition)
      use(recipients_name(disposition, reason), of_relay.recipients[disposition][reason]);
  }
}

struct TotalLine {
  std::string_view relay;
  std::string_view name;
  std::uint64_t number = 0;
};

std::optional<TotalLine> total_in(std::string_view line) {
  const std::size_t first = line.find('\t');
  const std::size_t second = first == line.npos ? first : line.find('\t', first + 1);
  if (second == line.npos) return std::nullopt;
  const auto number = to_number<std::uint64_t>(line.substr(second + 1));
  if (!number) return std::nullopt;
  return TotalLine{line.substr(0, first), line.substr(first + 1, second - first - 1), *number};
}

RelayCount count_of(PredictionResult result) {
  switch (result) {
    case PredictionResult::confirmed: return RelayCount::predictions_confirmed;
    case PredictionResult::refuted: return RelayCount::predictions_refuted;
    case PredictionResult::open: return RelayCount::predictions_open;
    case PredictionResult::missed: break;
  }
  return RelayCount::predictions_missed;
}

}  // namespace

void RelayCounts::add(const RelayCounts& other) {
  add_each(counts, other.counts);
  add_each(missed, other.missed);
  for (std::size_t i = 0; i < recipients.size(); ++i) add_each(recipients[i], other.recipients[i]);
}

Disposition disposition_of(const RecipientReport& report) {
  if (report.decision->verdict == Verdict::reject && report.applied) return Disposition::refused;
  if (report.decision->verdict != Verdict::rewrite) return Disposition::kept;
  if (report.applied) return Disposition::replaced;
  switch (report.mode) {
    case Mode::observe: return Disposition::observed;
    case Mode::control: return Disposition::control;
    case Mode::rewrite: break;
  }
  return Disposition::failed;
}

Counters::ByRelay Counters::by_relay() const {
  const std::lock_guard lock(mutex_);
  return by_relay_;
}

RelayCounts Counters::of_all() const {
  RelayCounts all;
  const std::lock_guard lock(mutex_);
  for (const auto& [relay, counts] : by_relay_) all.add(counts);
  return all;
}

void Counters::add_message(const Outcome& outcome) {
  add(Count::messages);
  if (std::ranges::any_of(outcome.reports, &RecipientReport::applied)) add(Count::messages_rewritten);
  const std::lock_guard lock(mutex_);
  for (const RecipientReport& report : outcome.reports) {
    RelayCounts& of_relay = by_relay_[report.relay == nullptr ? std::string() : report.relay->name];
    const auto disposition = static_cast<std::size_t>(disposition_of(report));
    ++of_relay.recipients[disposition][static_cast<std::size_t>(report.decision->reason)];
    of_relay.add(RelayCount::hops_saved, report.hops_saved);
    of_relay.add(RelayCount::hops_observed, report.hops_observed);
    if (outcome.size) {
      of_relay.add(RelayCount::bytes_saved, *outcome.size * report.hops_saved);
      of_relay.add(RelayCount::bytes_observed, *outcome.size * report.hops_observed);
    } else {
      of_relay.add(RelayCount::hops_saved_size_unknown, report.hops_saved);
      of_relay.add(RelayCount::hops_observed_size_unknown, report.hops_observed);
    }
  }
}

void Counters::add_refused(const RecipientReport& report) {
  const std::lock_guard lock(mutex_);
  const auto reason = static_cast<std::size_t>(report.decision->reason);
  ++by_relay_[report.relay->name].recipients[static_cast<std::size_t>(Disposition::refused)][reason];
}

void Counters::add_prediction(const PredictionReport& report) {
  const std::lock_guard lock(mutex_);
  RelayCounts& of_relay = by_relay_[report.awaited.relay];
  of_relay.add(count_of(report.result), 1);
  if (report.result == PredictionResult::confirmed) of_relay.add(RelayCount::predictions_confirmed_since, 1);
  if (report.result == PredictionResult::refuted) of_relay.clear(RelayCount::predictions_confirmed_since);
  if (report.result == PredictionResult::missed) ++of_relay.missed[static_cast<std::size_t>(report.awaited.reason)];
}

void Counters::begin_confirming(std::string_view relay) {
  const std::lock_guard lock(mutex_);
  if (const auto found = by_relay_.find(relay); found != by_relay_.end()) {
    found->second.clear(RelayCount::predictions_confirmed_since);
  }
}

std::string Counters::totals() const {
  std::string text;
  for (const CountRow& row : count_rows) {
    if (row.is_remembered) text += fmt::format("\t{}\t{}\n", row.name, get(row.count));
  }
  for (const auto& [relay, counts] : by_relay()) {
    if (relay.find_first_of("\t\n") != relay.npos) continue;  // a line of totals cannot have these; a file name can
    each_number(counts, [&](const std::string& name, std::uint64_t number) {
      if (number > 0) text += fmt::format("{}\t{}\t{}\n", relay, name, number);
    });
  }
  return text;
}

void Counters::add_totals(std::string_view text) {
  std::map<std::string, std::map<std::string_view, std::uint64_t>, std::less<>> read;
  for (const std::string_view line : lines_of(text)) {
    if (const auto total = total_in(line)) read[std::string(total->relay)][total->name] += total->number;
  }
  for (const CountRow& row : count_rows) {
    const auto found = read[""].find(row.name);
    if (!row.is_remembered || found == read[""].end()) continue;
    add(row.count, found->second);
    read[""].erase(found);
  }
  const std::lock_guard lock(mutex_);
  for (const auto& [relay, numbers] : read) {
    if (numbers.empty()) continue;
    each_number(by_relay_[relay], [&](const std::string& name, std::uint64_t& number) {
      const auto found = numbers.find(name);
      if (found != numbers.end()) number += found->second;
    });
  }
}

}  // namespace shorthop
