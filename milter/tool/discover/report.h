// The round trips of all messages, added up. Its memory is bounded, however long the log is. No I/O.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tool/discover/alias_decisions.h"
#include "tool/discover/round_trips.h"

namespace shorthop::tool {

/// All round trips of one original recipient with the same final recipients and the same decision.
struct TripRow {
  std::string original;
  std::vector<std::string> finals;
  std::string next_hop;
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;            ///< both ways; a transaction with several recipients counts for each of them
  std::uint64_t without_size = 0;     ///< trips for which the log lacks a size
  std::chrono::milliseconds time{0};  ///< from the arrival at this host to the delivery here, added up
  std::chrono::milliseconds slowest{0};
  LogTime first;
  LogTime last;
  bool is_certain = true;  ///< false: each time, several recipients left and came back together
  TripDecision decision;   ///< with the detail of the last trip
};

/// What happened in one hour.
struct Hour {
  std::uint64_t trips = 0;
  std::uint64_t transactions = 0;
  std::uint64_t bytes = 0;
  std::chrono::milliseconds time{0};
};

struct Totals {
  std::uint64_t messages = 0;  ///< with at least one round trip
  std::uint64_t trips = 0;     ///< recipients that came back
  std::uint64_t relayed = 0;   ///< recipients sent to other hosts
  Saved cost;                  ///< what all round trips cost together
  Saved saved;                 ///< what shorthop would have saved, by the alias data
  std::uint64_t saved_trips = 0;
  std::chrono::milliseconds time{0};
  std::map<std::string, std::uint64_t, std::less<>> missed;    ///< reason -> trips that shorthop would not have saved
  std::array<std::uint64_t, filter_verdict_count> verdicts{};  ///< about messages that came back
  std::uint64_t cut = 0;                                       ///< messages that were looked at only in part
  std::uint64_t not_listed = 0;                                ///< trips left out because of max_rows
};

class Report {
 public:
  static constexpr std::size_t max_rows = 100'000;
  static constexpr std::size_t max_hours = 100'000;

  void add(const MessageTrips& message, const std::vector<TripDecision>& decisions);
  /// Verdicts about the clients that mail came back from, where the log names no message.
  void add_verdicts(const std::array<std::uint64_t, filter_verdict_count>& verdicts);

  /// Whether `final` came back in a message from which only `original` had left.
  bool was_seen(std::string_view original, std::string_view final) const;
  bool came_back_from(const std::string& address) const { return next_hops_.contains(address); }

  const Totals& totals() const { return totals_; }
  const std::map<LogTime, Hour>& hours() const { return hours_; }
  /// The most frequent first.
  std::vector<const TripRow*> rows() const;

 private:
  void add_trip(const RoundTrip& trip, const TripDecision& decision);
  void add_hour(const MessageTrips& message, const Saved& cost);

  std::map<std::string, TripRow> rows_;
  std::set<std::pair<std::string, std::string>> seen_;
  std::set<std::string> next_hops_;  ///< addresses
  std::map<LogTime, Hour> hours_;
  Totals totals_;
};

/// Words for a FilterVerdict, in its order.
inline constexpr std::array<std::string_view, filter_verdict_count> filter_verdict_names = {
    "refused", "spam", "spf_fail", "dkim_fail", "dmarc_fail"};

}  // namespace shorthop::tool
