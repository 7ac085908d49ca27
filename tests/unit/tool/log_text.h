// Builds logs of Postfix for the tests of discover and trace, and shows as text what is found in them.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "text/lines.h"
#include "tool/discover/message_tracker.h"
#include "tool/discover/round_trips.h"

namespace shorthop::test {

inline constexpr std::string_view primary = "mail.example.org[192.0.2.10]";
inline constexpr std::string_view client = "client.example.net[192.0.2.100]";

/// A log line of this host, `second` seconds after 10:00.
inline std::string line(int second, std::string_view program, std::string_view text) {
  return fmt::format("2026-11-28T10:{:02}:{:02}+00:00 mx {}[7]: {}\n", second / 60 % 60, second % 60, program, text);
}

/// A message enters: from a client, with a message-id and a size.
inline std::string enters(int second, std::string_view id, std::string_view from, std::string_view message_id,
                          int size = 1000) {
  return line(second, "postfix/smtpd", fmt::format("{}: client={}", id, from)) +
         line(second, "postfix/cleanup", fmt::format("{}: message-id={}", id, message_id)) +
         line(second, "postfix/qmgr",
              fmt::format("{}: from=<sender@example.net>, size={}, nrcpt=1 (queue active)", id, size));
}

/// One recipient is delivered; `to` may end in ", orig_to=<...>".
inline std::string delivered(int second, std::string_view id, std::string_view program, std::string_view to,
                             std::string_view relay, std::string_view status = "sent (250 2.0.0 Ok: queued as 5AAA)") {
  return line(
      second, program,
      fmt::format("{}: to={}, relay={}, delay=0.1, delays=0.1/0/0/0, dsn=2.0.0, status={}", id, to, relay, status));
}

inline std::string removed(int second, std::string_view id) {
  return line(second, "postfix/qmgr", fmt::format("{}: removed", id));
}

/// Sent to the primary, and removed from the queue.
inline std::string relayed(int second, std::string_view id, std::string_view to) {
  return delivered(second, id, "postfix/relay/smtp", to, "mail.example.org[192.0.2.10]:25") + removed(second, id);
}

/// Delivered to a mailbox of this host, and removed from the queue.
inline std::string stored(int second, std::string_view id, std::string_view to) {
  return delivered(second, id, "postfix/local", to, "local", "sent (delivered to mailbox)") + removed(second, id);
}

/// The round trip of DESIGN 1.
inline std::string usual_trip() {
  return enters(0, "AAAA1", client, "<1@example.net>", 2000) + relayed(1, "AAAA1", "<user@example.org>") +
         enters(2, "AAAA2", primary, "<1@example.net>", 2300) + stored(3, "AAAA2", "<user@example.com>");
}

struct Tracked {
  std::vector<tool::Message> messages;
  tool::TrackerCounts counts;
  tool::PeerVerdicts peer_verdicts;
};

inline Tracked tracked(std::string_view log, tool::TrackerLimits limits = {}) {
  Tracked result;
  tool::MessageTracker tracker(limits, [&](const tool::Message& message) { result.messages.push_back(message); });
  tool::LogClock clock{std::chrono::system_clock::time_point(std::chrono::hours(24 * 365 * 57))};
  for (const std::string_view text : lines_of(log)) {
    const auto parsed = tool::parse_log_line(text, clock);
    if (!parsed) continue;
    if (const auto event = tool::parse_mail_event(*parsed)) tracker.add(*parsed, *event);
  }
  tracker.finish();
  result.counts = tracker.counts();
  result.peer_verdicts = tracker.peer_verdicts();
  return result;
}

/// "user@example.org -> user@example.com 4300 bytes 3 s" for each round trip, separated by "; ".
inline std::string trips_in(std::string_view log, const tool::AliasHints& hints = {}, tool::TrackerLimits limits = {}) {
  std::vector<std::string> found;
  for (const tool::Message& message : tracked(log, limits).messages) {
    for (const tool::RoundTrip& trip : tool::find_round_trips(message, limits.window, hints).trips) {
      found.push_back(fmt::format("{} -> {} {} bytes {} s{}", trip.original, fmt::join(trip.finals, ", "), trip.size,
                                  trip.time.count() / 1000, trip.is_alone ? "" : " perhaps"));
    }
  }
  return fmt::format("{}", fmt::join(found, "; "));
}

}  // namespace shorthop::test
