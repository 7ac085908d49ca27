// What a line of a log says about a message: events of Postfix's daemons, and verdicts of filters. Reads no file.
// Sources: smtpd(8), cleanup(8), qmgr(8), smtp(8), pickup(8) as they log; postconf(5) enable_long_queue_ids.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "tool/discover/log/log_line.h"

namespace shorthop::tool {

/// "NAME[ADDRESS]" of a client or of a next hop. The address is empty if it is not an IP address ("local", a socket).
struct PeerText {
  std::string_view name;
  std::string_view address;
};

/// smtpd: "client=...".
struct Received {
  PeerText client;
};
/// pickup: "uid=...": submitted on this host.
struct Submitted {};
/// cleanup: "message-id=...".
struct Identified {
  std::string_view message_id;
};
/// qmgr: "from=<...>, size=...".
struct Queued {
  std::string_view sender;
  std::uint64_t size = 0;
};

/// How a delivery left the queue.
enum class Way : std::uint8_t {
  mailbox,  ///< to a delivery agent of this host, or by LMTP
  smtp,     ///< by SMTP: to another host, or to a filter
  nowhere,  ///< discarded, or refused by this host's own tables
};

enum class Status : std::uint8_t { sent, deferred, bounced, other };

/// A delivery agent: "to=<...>, [orig_to=<...>,] relay=..., ... status=... (response)".
struct Delivered {
  std::string_view to;
  std::string_view orig_to;  ///< empty: equal to `to`
  PeerText relay;
  std::chrono::milliseconds delay{0};  ///< since the message arrived in this queue file
  Way way = Way::nowhere;
  Status status = Status::other;
  std::string_view response;  ///< after "status=": "sent (250 ...)"
};
/// qmgr: "removed".
struct Removed {};
/// shorthopd: what it decided about a recipient (session/explain.h, log_line).
struct Decided {
  std::string_view text;
};

/// A verdict about a message, for statistics.
enum class FilterVerdict : std::uint8_t { refused, spam, spf_fail, dkim_fail, dmarc_fail };
inline constexpr std::size_t filter_verdict_count = 5;

/// A verdict. It belongs to the message with the queue ID of the event, else to the one with this message-id. Without
/// both, only the client is known.
struct Judged {
  FilterVerdict verdict = FilterVerdict::refused;
  std::string_view message_id;  ///< if there is no queue ID
  PeerText client;              ///< if there is no ID
};

struct MailEvent {
  std::string_view queue_id;  ///< empty: none
  std::variant<Received, Submitted, Identified, Queued, Delivered, Removed, Decided, Judged> what;
};

/// nullopt if the line has no event of these kinds. Any bytes are accepted.
std::optional<MailEvent> parse_mail_event(const LogLine& line);

/// Whether the line was written by a daemon of Postfix: its tag ends in "/smtpd" or the like.
bool is_from_postfix(const LogLine& line);

/// A queue ID of either form (postconf(5), enable_long_queue_ids).
bool is_queue_id(std::string_view word);

}  // namespace shorthop::tool
