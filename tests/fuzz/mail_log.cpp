// Reads any bytes as a mail log, in blocks of any size. Lines, events, messages, round trips and their JSON are sound,
// and lines and messages stay within their limits.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/input.h"
#include "fuzz/json_value.h"
#include "fuzz/must.h"
#include "tool/discover/log/line_splitter.h"
#include "tool/discover/log/log_line.h"
#include "tool/discover/log/mail_event.h"
#include "tool/discover/message_tracker.h"
#include "tool/discover/print_report.h"
#include "tool/discover/report.h"
#include "tool/discover/round_trips.h"

namespace {

using namespace shorthop::tool;

constexpr std::size_t max_line = 200;

void must_be_within(std::string_view part, std::string_view whole, const char* claim) {
  must(part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size()),
       claim);
}

void examine(const Message& message, Report& report) {
  must(message.files.size() <= max_files, "a message is bounded");
  const MessageTrips found = find_round_trips(message, std::chrono::hours(1), {});
  for (const RoundTrip& trip : found.trips) {
    must(!trip.finals.empty(), "a round trip came back for somebody");
    must(std::ranges::find(trip.finals, trip.original) == trip.finals.end(),
         "a round trip came back for another recipient");
  }
  for (const auto* direction : {&found.away, &found.back}) {
    for (const Transaction& one : *direction) {
      must(std::ranges::all_of(one.trips, [&](std::size_t at) { return at < found.trips.size(); }),
           "a transaction refers to trips that exist");
    }
  }
  const std::vector<TripDecision> decisions(found.trips.size());
  must(saved_by(found, decisions).hops == 0, "without decisions nothing is counted as saved");
  const std::string json = json_of(found, decisions);
  must(is_printable_line(json) && JsonReader::read(json).has_value(), "a message is a line of JSON");
  report.add(found, decisions);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  Input input(data, size);
  const std::size_t block = input.byte() + 1;
  Report report;
  TrackerLimits limits;
  limits.messages = input.byte() + 1;
  limits.keep_all = input.byte() % 2 == 1;
  MessageTracker tracker(limits, [&](const Message& message) { examine(message, report); });
  LogClock clock{std::chrono::system_clock::time_point(std::chrono::hours(500'000))};
  LineSplitter lines(max_line);
  const auto use = [&](std::string_view text, bool) {
    must(text.size() <= max_line, "a line is bounded");
    const auto line = parse_log_line(text, clock);
    if (!line) return;
    must_be_within(line->text, text, "the text is in the line");
    must_be_within(line->program, text, "the program is in the line");
    if (const auto event = parse_mail_event(*line)) tracker.add(*line, *event);
  };
  const std::string_view text = input.rest();
  for (std::size_t at = 0; at < text.size(); at += block) lines.add(text.substr(at, block), use);
  lines.finish(use);
  tracker.finish();
  must(report.totals().trips <= report.totals().relayed, "only what was relayed can come back");
  return 0;
}
