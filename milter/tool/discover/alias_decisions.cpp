#include "tool/discover/alias_decisions.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "mail/rcpt.h"
#include "session/decision.h"
#include "text/ascii.h"

namespace shorthop::tool {
namespace {

constexpr std::size_t max_remembered = 10'000;

/// Whether mail came back only for expected addresses. Some of them may be missing, if the primary could not send mail.
bool came_only_for(const std::vector<std::string>& expected, const std::vector<std::string>& finals) {
  return std::ranges::all_of(finals, [&](const std::string& final) {
    return std::ranges::any_of(expected, [&](const std::string& address) { return equal_folded(address, final); });
  });
}

}  // namespace

std::string_view name_of(TripDecision::Kind kind) {
  switch (kind) {
    case TripDecision::Kind::unknown: return "unknown";
    case TripDecision::Kind::rewrite: return "rewrite";
    case TripDecision::Kind::keep: return "keep";
    case TripDecision::Kind::differs: return "differs";
    case TripDecision::Kind::unseen: return "unseen";
  }
  return {};
}

Saved saved_by(const MessageTrips& message, const std::vector<TripDecision>& decisions) {
  return saved_without(message, [&](std::size_t trip) {
    const TripDecision& decision = decisions[trip];
    if (decision.kind != TripDecision::Kind::rewrite) return Spared::nothing;
    return decision.reason == Reason::split ? Spared::way_back : Spared::both;
  });
}

TripDecision AliasDecisions::decide(const RoundTrip& trip) const {
  if (!snapshot_) return {};
  if (!trip.is_by_smtp) return {TripDecision::Kind::unseen, {}, "it did not come to this host by SMTP", {}};
  const auto address = parse_rcpt_path(trip.original);
  if (!address) return {TripDecision::Kind::keep, Reason::invalid_address, address.error().what, {}};
  Budget budget = running_budget(*snapshot_, std::chrono::steady_clock::now());
  const std::string sender = "<" + trip.sender + ">";
  const RecipientFacts facts{.client_address = trip.client.address,
                             .client_name = trip.client.name,
                             .written = trip.original,
                             .sender = sender};
  const Decision decision =
      shorthop::decide(*address, facts, *snapshot_, {std::chrono::system_clock::now(), Trace::off, budget});
  const bool is_rewritten = decision.verdict == Verdict::rewrite;
  TripDecision result{
      is_rewritten ? TripDecision::Kind::rewrite : TripDecision::Kind::keep, decision.reason, decision.detail, {}};
  for (const Address& target : decision.to) result.to.push_back(target.external());
  if (is_rewritten && trip.is_alone && !came_only_for(result.to, trip.finals)) {
    result.kind = TripDecision::Kind::differs;
    result.detail = fmt::format("shorthop leads to {}", fmt::join(result.to, ", "));
  }
  return result;
}

bool AliasDecisions::leads_to(std::string_view original, std::string_view final) {
  if (!snapshot_) return false;
  const std::string key = folded(original);
  auto known = ends_.find(key);
  if (known == ends_.end()) {
    if (ends_.size() >= max_remembered) ends_.clear();
    known = ends_.emplace(key, std::vector<std::string>()).first;
    if (const auto address = parse_rcpt_path(original)) {
      Budget budget = running_budget(*snapshot_, std::chrono::steady_clock::now());
      const Decision decision =
          decide_address(*address, *snapshot_, {std::chrono::system_clock::now(), Trace::on, budget});
      for (const Leaf& leaf : decision.resolution.leaves) known->second.push_back(folded(leaf.address));
    }
  }
  return std::ranges::find(known->second, folded(final)) != known->second.end();
}

}  // namespace shorthop::tool
