// shorthop discover: finds mail in logs of Postfix that went to another host and came back, and what that cost.
#include <sysexits.h>

#include <algorithm>
#include <memory>

#include "tool/actions.h"
#include "tool/discover/alias_decisions.h"
#include "tool/discover/html_report.h"
#include "tool/discover/log/log_source.h"
#include "tool/discover/message_tracker.h"
#include "tool/discover/print_report.h"
#include "tool/discover/report.h"
#include "tool/load_all.h"

namespace shorthop::tool {
namespace {

/// Passes the lines of the logs to the tracker, its messages to the finder, and the round trips to the report.
class Discovery {
 public:
  Discovery(std::shared_ptr<const Snapshot> snapshot, bool each_message, Output& output)
      : aliases_(std::move(snapshot)),
        each_message_(each_message),
        output_(output),
        tracker_(TrackerLimits{}, [this](const Message& message) { add(message); }) {
    hints_.was_seen = [this](std::string_view original, std::string_view final) {
      return report_.was_seen(original, final);
    };
    if (aliases_.has_data()) {
      hints_.leads_to = [this](std::string_view original, std::string_view final) {
        return aliases_.leads_to(original, final);
      };
    }
  }

  int read(LogSource& logs) {
    const int status = logs.read([this](const LogLine& line) {
      if (const auto event = parse_mail_event(line)) tracker_.add(line, *event);
    });
    tracker_.finish();
    for (const auto& [address, verdicts] : tracker_.peer_verdicts()) {
      if (report_.came_back_from(address)) report_.add_verdicts(verdicts);
    }
    return status;
  }

  DiscoverResult result(const LogSource& logs) const {
    return {report_, logs.counts(), tracker_.counts(), aliases_.has_data()};
  }

 private:
  void add(const Message& message) {
    const MessageTrips found = find_round_trips(message, TrackerLimits{}.window, hints_);
    std::vector<TripDecision> decisions;
    for (const RoundTrip& trip : found.trips) decisions.push_back(aliases_.decide(trip));
    if (each_message_ && !found.trips.empty()) output_.write(json_of(found, decisions) + "\n");
    report_.add(found, decisions);
  }

  AliasDecisions aliases_;
  bool each_message_;
  Output& output_;
  Report report_;
  AliasHints hints_;
  MessageTracker tracker_;
};

/// Whether at most one form of output is chosen.
bool has_at_most_one_form(const Invocation& invocation) {
  const auto forms = {"json", "html", "suggest", "messages"};
  return std::ranges::count_if(forms, [&](const char* form) { return invocation.has(form); }) <= 1;
}

}  // namespace

int discover(const Invocation& invocation, Streams& streams) {
  if (invocation.arguments.empty() && !invocation.has("journal")) {
    return report_usage("discover needs a log", "name files, or write \"-\" for standard input, or --journal",
                        streams.errors);
  }
  if (!has_at_most_one_form(invocation)) {
    return report_usage("discover takes only one of --json, --html, --suggest and --messages", "leave out the others",
                        streams.errors);
  }
  LogSource logs({invocation.arguments, invocation.has("journal")}, streams);
  const auto loaded = load_if_configured(invocation.config, streams);
  Discovery discovery(loaded ? loaded->snapshot : nullptr, invocation.has("messages"), streams.output);
  const int status = discovery.read(logs);
  const DiscoverResult result = discovery.result(logs);
  if (invocation.has("json")) {
    print_json(result, streams.output);
  } else if (invocation.has("html")) {
    streams.output.write(html_page(result));
  } else if (invocation.has("suggest")) {
    print_suggestions(result, streams.output);
  } else if (!invocation.has("messages")) {
    print_text(result, streams.output);
  }
  if (status != EX_OK) return status;
  return loaded ? EX_OK : loaded.error();
}

}  // namespace shorthop::tool
