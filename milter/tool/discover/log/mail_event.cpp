#include "tool/discover/log/mail_event.h"

#include <algorithm>
#include <array>

#include "text/ascii.h"
#include "tool/discover/filter_verdict.h"
#include "tool/discover/log/log_fields.h"

namespace shorthop::tool {
namespace {

/// The daemons of Postfix that write about messages (master(5), column "command").
enum class Daemon : std::uint8_t { smtpd, cleanup, qmgr, pickup, smtp, lmtp, local, virtual_, pipe, none, other };

struct DaemonRow {
  std::string_view name;
  Daemon daemon;
};

constexpr std::array daemon_rows = {
    DaemonRow{"smtpd", Daemon::smtpd},
    DaemonRow{"cleanup", Daemon::cleanup},
    DaemonRow{"qmgr", Daemon::qmgr},
    DaemonRow{"oqmgr", Daemon::qmgr},
    DaemonRow{"postsuper", Daemon::qmgr},
    DaemonRow{"nqmgr", Daemon::qmgr},
    DaemonRow{"smtp", Daemon::smtp},
    DaemonRow{"lmtp", Daemon::lmtp},
    DaemonRow{"local", Daemon::local},
    DaemonRow{"virtual", Daemon::virtual_},
    DaemonRow{"pipe", Daemon::pipe},
    DaemonRow{"pickup", Daemon::pickup},
    DaemonRow{"error", Daemon::other},
    DaemonRow{"retry", Daemon::other},
    DaemonRow{"discard", Daemon::other},
    DaemonRow{"bounce", Daemon::other},
    DaemonRow{"postscreen", Daemon::other},
    DaemonRow{"trivial-rewrite", Daemon::other},
    DaemonRow{"anvil", Daemon::other},
    DaemonRow{"scache", Daemon::other},
    DaemonRow{"master", Daemon::other},
    DaemonRow{"postqmgr", Daemon::other},
    DaemonRow{"tlsproxy", Daemon::other},
    DaemonRow{"verify", Daemon::other},
    DaemonRow{"postfix-script", Daemon::other},
};

/// By the last part of the tag: "postfix/smtpd", "postfix/relay/smtp", "mx1-in/smtpd". The first part is syslog_name.
Daemon daemon_of(std::string_view program) {
  const std::size_t slash = program.rfind('/');
  if (slash == std::string_view::npos) return Daemon::none;
  const std::string_view name = program.substr(slash + 1);
  const auto row = std::ranges::find(daemon_rows, name, &DaemonRow::name);
  return row == daemon_rows.end() ? Daemon::none : row->daemon;
}

Way way_of(Daemon daemon) {
  switch (daemon) {
    case Daemon::smtp: return Way::smtp;
    case Daemon::lmtp:
    case Daemon::local:
    case Daemon::virtual_:
    case Daemon::pipe: return Way::mailbox;
    case Daemon::smtpd:
    case Daemon::cleanup:
    case Daemon::qmgr:
    case Daemon::pickup:
    case Daemon::none:
    case Daemon::other: break;
  }
  return Way::nowhere;
}

Status status_of(std::string_view response) {
  if (response.starts_with("sent")) return Status::sent;
  if (response.starts_with("deferred")) return Status::deferred;
  return response.starts_with("bounced") ? Status::bounced : Status::other;
}

std::optional<Delivered> delivered(std::string_view text, Daemon daemon) {
  Delivered event;
  if (!take_bracketed(text, "to=<", event.to)) return std::nullopt;
  take_bracketed(text, ", orig_to=<", event.orig_to);
  constexpr std::string_view relay = ", relay=";
  if (!text.starts_with(relay)) return std::nullopt;
  text.remove_prefix(relay.size());
  event.relay = peer_in(text.substr(0, text.find(", ")));
  event.delay = seconds_at(word_behind(text, ", delay=", ","));
  const std::size_t status = text.find(", status=");
  if (status == std::string_view::npos) return std::nullopt;
  event.response = text.substr(status + 9);
  event.status = status_of(event.response);
  event.way = way_of(daemon);
  return event;
}

std::optional<Queued> queued(std::string_view text) {
  Queued event;
  if (!take_bracketed(text, "from=<", event.sender)) return std::nullopt;
  constexpr std::string_view size = ", size=";
  if (!text.starts_with(size)) return std::nullopt;
  event.size = number_at(text.substr(size.size()));
  return event;
}

std::string_view message_id_in(std::string_view text) {
  constexpr std::string_view field = "message-id=";
  text.remove_prefix(field.size());
  // Text that header_checks(5) or a long header adds after the message-id does not belong to it.
  text = text.substr(0, text.find_first_of(" \t"));
  return text == "<>" ? std::string_view() : text;
}

/// "milter-reject: END-OF-MESSAGE from mail.example.org[192.0.2.10]: 5.7.1 ...", "reject: RCPT from ...".
std::optional<Judged> refused(std::string_view text) {
  if (!text.starts_with("reject: ") && !text.starts_with("milter-reject: ")) return std::nullopt;
  const std::size_t from = text.find(" from ");
  if (from == std::string_view::npos) return std::nullopt;
  const std::string_view client = text.substr(from + 6);
  return Judged{FilterVerdict::refused, {}, peer_in(client.substr(0, client.find_first_of(": ")))};
}

/// The event of a daemon about a message with a queue ID; `text` is what follows "ID: ".
std::optional<MailEvent> event_of(Daemon daemon, std::string_view queue_id, std::string_view text) {
  constexpr std::string_view client = "client=";
  if (daemon == Daemon::smtpd && text.starts_with(client)) {
    return MailEvent{queue_id, Received{peer_in(text.substr(client.size()))}};
  }
  if (daemon == Daemon::pickup && text.starts_with("uid=")) return MailEvent{queue_id, Submitted{}};
  if (daemon == Daemon::cleanup && text.starts_with("message-id=")) {
    return MailEvent{queue_id, Identified{message_id_in(text)}};
  }
  if (daemon == Daemon::smtpd || daemon == Daemon::cleanup) {
    const auto event = refused(text);
    return event ? std::optional(MailEvent{queue_id, *event}) : std::nullopt;
  }
  if (daemon == Daemon::qmgr && text == "removed") return MailEvent{queue_id, Removed{}};
  if (daemon == Daemon::qmgr && text.starts_with("from=<")) {
    const auto event = queued(text);
    return event ? std::optional(MailEvent{queue_id, *event}) : std::nullopt;
  }
  if (!text.starts_with("to=<")) return std::nullopt;
  const auto event = delivered(text, daemon);
  return event ? std::optional(MailEvent{queue_id, *event}) : std::nullopt;
}

std::optional<MailEvent> decided(std::string_view text) {
  const std::size_t colon = text.substr(0, 32).find(": recipient=<");
  if (colon == std::string_view::npos || !is_queue_id(text.substr(0, colon))) return std::nullopt;
  return MailEvent{text.substr(0, colon), Decided{text.substr(colon + 2)}};
}

}  // namespace

bool is_queue_id(std::string_view word) {
  if (word.size() < 5 || word.size() > 24) return false;
  const auto is_short = [](char c) { return is_digit(c) || (c >= 'A' && c <= 'F'); };
  if (std::ranges::all_of(word, is_short)) return true;
  // The long form is in base 52, without vowels, and has 'z' between its time and the inode number
  // (global/mail_queue.h).
  const auto is_long = [](char c) {
    constexpr std::string_view vowels = "AEIOUaeiou";
    return is_letter_or_digit(c) && !vowels.contains(c);
  };
  return word.size() >= 10 && word.contains('z') && std::ranges::all_of(word, is_long);
}

bool is_from_postfix(const LogLine& line) { return daemon_of(line.program) != Daemon::none; }

std::optional<MailEvent> parse_mail_event(const LogLine& line) {
  const Daemon daemon = daemon_of(line.program);
  if (line.program == "shorthopd") return decided(line.text);
  if (daemon == Daemon::none) return filter_verdict(line);
  const std::size_t colon = line.text.substr(0, 32).find(": ");
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view word = line.text.substr(0, colon);
  const std::string_view text = line.text.substr(colon + 2);
  if (is_queue_id(word)) return event_of(daemon, word, text);
  if (word != "NOQUEUE") return std::nullopt;
  const auto event = refused(text);
  return event ? std::optional(MailEvent{{}, *event}) : std::nullopt;
}

}  // namespace shorthop::tool
