// The forms in which discover prints its report, except the page of html_report.h. No I/O except the output.
#pragma once

#include "text/json.h"
#include "tool/discover/log/log_source.h"
#include "tool/discover/message_tracker.h"
#include "tool/discover/report.h"
#include "tool/output.h"

namespace shorthop::tool {

struct DiscoverResult {
  const Report& report;
  const LogCounts& log;
  const TrackerCounts& tracker;
  bool has_data = false;  ///< there was alias data to compare with

  /// Messages that were not followed to their end.
  std::uint64_t cut_short() const { return tracker.cut_short + report.totals().cut; }
};

void print_text(const DiscoverResult& result, Output& output);
/// An object for each row of the report, then one with the totals.
void print_json(const DiscoverResult& result, Output& output);
/// Aliases that the primary seems to have, as lines of virtual(5) with comments.
void print_suggestions(const DiscoverResult& result, Output& output);

/// One message with its round trips as JSON, for --messages.
std::string json_of(const MessageTrips& message, const std::vector<TripDecision>& decisions);

/// The fields of one round trip.
void add_trip(JsonObject& json, const RoundTrip& trip);

/// "1 message", "2 messages".
std::string amount_of(std::uint64_t number, std::string_view thing, std::string_view things);
/// "105.9 kB".
std::string bytes_text(std::uint64_t bytes);
/// "120 ms", "3.2 s", "4 min 5 s", "2 h 3 min".
std::string time_text(std::chrono::milliseconds time);
/// "user@example.com, ann@example.com".
std::string joined(const std::vector<std::string>& addresses);

}  // namespace shorthop::tool
