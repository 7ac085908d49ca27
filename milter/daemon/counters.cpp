#include "daemon/counters.h"

namespace shorthop {

Fate fate_of(const RecipientReport& report) {
  if (report.decision.verdict != Verdict::rewrite) return Fate::kept;
  if (report.applied) return Fate::replaced;
  return report.mode == Mode::observe ? Fate::observed : Fate::failed;
}

void Counters::add_message(const Outcome& outcome) {
  std::uint64_t replaced = 0;
  std::uint64_t observed = 0;
  for (const auto& report : outcome.reports) {
    const Fate fate = fate_of(report);
    recipients_[static_cast<std::size_t>(fate)][static_cast<std::size_t>(report.decision.reason)].fetch_add(
        1, std::memory_order_relaxed);
    if (fate == Fate::replaced) ++replaced;
    if (fate == Fate::observed) ++observed;
  }
  add(Count::messages);
  const std::uint64_t bytes = outcome.size.value_or(0) * hops_saved_by_rewrite;
  if (replaced > 0) {
    add(Count::messages_rewritten);
    add(Count::hops_saved, replaced * hops_saved_by_rewrite);
    add(Count::bytes_saved, bytes);  // once: an MTA sends one copy of a message for many recipients
  }
  if (observed > 0) {
    add(Count::hops_observed, observed * hops_saved_by_rewrite);
    add(Count::bytes_observed, bytes);
  }
}

}  // namespace shorthop
