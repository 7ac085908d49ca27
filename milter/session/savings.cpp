#include "session/savings.h"

#include <algorithm>

#include "session/decision.h"
#include "session/relay_hosts.h"

namespace shorthop {
namespace {

/// The recipients of one primary in one message.
struct Share {
  const Relay* relay = nullptr;  ///< the first relay with that primary
  std::vector<RecipientReport*> reports;
};

std::vector<Share> shares_of(Outcome& outcome) {
  std::vector<Share> shares;
  for (RecipientReport& report : outcome.reports) {
    if (report.relay == nullptr) continue;
    auto share = std::ranges::find_if(
        shares, [&](const Share& known) { return have_same_primary(*known.relay, *report.relay); });
    if (share == shares.end()) share = shares.insert(shares.end(), Share{report.relay, {}});
    share->reports.push_back(&report);
  }
  return shares;
}

/// Whether mail for a kept recipient may come back to this host: not if the only end of its chain is elsewhere.
bool may_return(const Decision& decision) {
  constexpr std::array elsewhere = {Reason::primary_mailbox, Reason::unknown_recipient, Reason::foreign_target,
                                    Reason::command_target, Reason::file_target};
  return !decision.resolution.is_linear() || std::ranges::find(elsewhere, decision.reason) == elsewhere.end();
}

/// The transfers saved if exactly the recipients for which `is_replaced` holds are replaced.
template <class IsReplaced>
unsigned hops(const Share& share, IsReplaced is_replaced) {
  bool goes = false;
  bool returns = false;
  bool any = false;
  for (const RecipientReport* report : share.reports) {
    if (is_replaced(*report)) {
      any = true;
      goes = goes || report->decision->reason == Reason::split;  // its other part stays at the primary
    } else {
      goes = true;
      returns = returns || report->decision->verdict == Verdict::rewrite || may_return(*report->decision);
    }
  }
  return any ? (goes ? 0U : 1U) + (returns ? 0U : 1U) : 0U;
}

bool is_applied(const RecipientReport& report) { return report.applied; }
bool is_observed(const RecipientReport& report) {
  return !report.applied && report.mode == Mode::observe && report.decision->verdict == Verdict::rewrite;
}

/// Credits the first recipient for which `is_one` holds.
template <class IsOne>
void credit(const Share& share, IsOne is_one, unsigned RecipientReport::* field, unsigned hops) {
  const auto first = std::ranges::find_if(share.reports, [&](const auto* report) { return is_one(*report); });
  if (first != share.reports.end()) (*first)->*field = hops;
}

}  // namespace

void credit_savings(Outcome& outcome) {
  if (outcome.may_go_anywhere) return;  // the message may go to each primary and come back in any case
  for (const Share& share : shares_of(outcome)) {
    const unsigned saved = hops(share, is_applied);
    const unsigned with_observed =
        hops(share, [](const RecipientReport& report) { return is_applied(report) || is_observed(report); });
    credit(share, is_applied, &RecipientReport::hops_saved, saved);
    credit(share, is_observed, &RecipientReport::hops_observed, with_observed - saved);
  }
}

}  // namespace shorthop
