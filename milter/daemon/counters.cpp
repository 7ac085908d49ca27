#include "daemon/counters.h"

#include <algorithm>

namespace shorthop {
namespace {

/// What one message saves.
struct Saved {
  std::uint64_t hops = 0;    ///< of all its recipients
  std::uint64_t passes = 0;  ///< of the message itself: an MTA sends one copy of it for many recipients
  void add(unsigned hops_of_one) {
    hops += hops_of_one;
    passes = std::max<std::uint64_t>(passes, hops_of_one);
  }
};

}  // namespace

Disposition disposition_of(const RecipientReport& report) {
  if (report.decision->verdict != Verdict::rewrite) return Disposition::kept;
  if (report.applied) return Disposition::replaced;
  return report.mode == Mode::observe ? Disposition::observed : Disposition::failed;
}

void Counters::add_message(const Outcome& outcome) {
  Saved replaced;
  Saved observed;
  for (const auto& report : outcome.reports) {
    const Disposition disposition = disposition_of(report);
    recipients_[static_cast<std::size_t>(disposition)][static_cast<std::size_t>(report.decision->reason)].fetch_add(
        1, std::memory_order_relaxed);
    const unsigned hops = hops_saved_by_rewrite(report.decision->reason);
    if (disposition == Disposition::replaced) replaced.add(hops);
    if (disposition == Disposition::observed) observed.add(hops);
  }
  add(Count::messages);
  const std::uint64_t size = outcome.size.value_or(0);
  if (replaced.hops > 0) {
    add(Count::messages_rewritten);
    add(Count::hops_saved, replaced.hops);
    add(Count::bytes_saved, size * replaced.passes);
  }
  if (observed.hops > 0) {
    add(Count::hops_observed, observed.hops);
    add(Count::bytes_observed, size * observed.passes);
  }
}

}  // namespace shorthop
