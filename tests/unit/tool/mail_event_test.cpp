// Events in the lines of Postfix and of filters.
#include "tool/discover/log/mail_event.h"

#include <fmt/format.h>

#include <string>

#include "support/catch.h"

using namespace shorthop::tool;

namespace {

std::string shown(const PeerText& peer) { return fmt::format("{}[{}]", peer.name, peer.address); }

struct Shown {
  std::string operator()(const Received& event) const { return "received " + shown(event.client); }
  std::string operator()(const Submitted&) const { return "submitted"; }
  std::string operator()(const Identified& event) const { return fmt::format("identified {}", event.message_id); }
  std::string operator()(const Queued& event) const { return fmt::format("queued {} {}", event.sender, event.size); }
  std::string operator()(const Delivered& event) const {
    return fmt::format("delivered {}|{} {} way {} status {} {}", event.to, event.orig_to, shown(event.relay),
                       static_cast<int>(event.way), static_cast<int>(event.status), event.response);
  }
  std::string operator()(const Removed&) const { return "removed"; }
  std::string operator()(const Decided& event) const { return fmt::format("decided {}", event.text); }
  std::string operator()(const Judged& event) const {
    return fmt::format("judged {} {}{}", static_cast<int>(event.verdict), event.message_id, shown(event.client));
  }
};

std::string event_in(std::string_view program, std::string_view text) {
  const auto event = parse_mail_event({LogTime(), "mx", program, text, 1});
  return event ? fmt::format("{}: {}", event->queue_id, std::visit(Shown(), event->what)) : "none";
}

}  // namespace

TEST_CASE("smtpd: the client of a queue file, whatever syslog_name is", "[tool][discover]") {
  CHECK(event_in("postfix/smtpd", "ABCDE1: client=mail.example.org[192.0.2.10]") ==
        "ABCDE1: received mail.example.org[192.0.2.10]");
  CHECK(event_in("mx1-in/smtpd", "4cXyZ16Qz3z9Bk: client=unknown[2001:db8::1]:4711, sasl_method=PLAIN") ==
        "4cXyZ16Qz3z9Bk: received unknown[2001:db8::1]");
  CHECK(event_in("postfix/submission/smtpd", "ABCDE1: client=localhost[127.0.0.1], orig_queue_id=ABCDE0") ==
        "ABCDE1: received localhost[127.0.0.1]");
}

TEST_CASE("delivery agents: an event has recipient, relay, way and status", "[tool][discover]") {
  constexpr std::string_view rest = ", delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 5A)";
  CHECK(event_in("postfix/relay/smtp",
                 fmt::format("ABCDE1: to=<a@example.org>, relay=h[192.0.2.1]:25, conn_use=2{}", rest)) ==
        "ABCDE1: delivered a@example.org| h[192.0.2.1] way 1 status 0 sent (250 2.0.0 Ok: queued as 5A)");
  CHECK(event_in("postfix/local", fmt::format("ABCDE1: to=<a@x>, orig_to=<b@y>, relay=local{}", rest))
            .starts_with("ABCDE1: delivered a@x|b@y local[] way 0 status 0"));
  CHECK(event_in("postfix/lmtp", fmt::format("ABCDE1: to=<a@x>, relay=mx[private/dovecot-lmtp]{}", rest))
            .starts_with("ABCDE1: delivered a@x| mx[] way 0 status 0"));
  CHECK(event_in("postfix/discard", fmt::format("ABCDE1: to=<a@x>, relay=none{}", rest)).contains("way 2 status 0"));
  CHECK(event_in("postfix/smtp", "ABCDE1: to=<a@x>, relay=none, delay=1, dsn=4.4.1, status=deferred (timed out)")
            .contains("none[] way 1 status 1"));
  CHECK(event_in("postfix/smtp", "ABCDE1: to=<a@x>, relay=none, delay=1, dsn=5.1.1, status=bounced (no)")
            .contains("status 2"));
  CHECK(
      event_in("postfix/smtp", "ABCDE1: to=<a@x>, relay=none, delay=1, status=deliverable (ok)").contains("status 3"));
}

TEST_CASE("RFC 5321, 4.1.2: '>' and ',' in a quoted local part do not end an address", "[tool][discover]") {
  CHECK(event_in("postfix/local",
                 R"(ABCDE1: to=<"x>, relay=local, status=sent \"(a"@x>, relay=local, status=bounced (b))")
            .starts_with(R"(ABCDE1: delivered "x>, relay=local, status=sent \"(a"@x| local[] way 0 status 2)"));
  CHECK(event_in("postfix/local", R"(ABCDE1: to=<a"b@x>, relay=local, status=sent (c))").contains("a\"b@x|"));
}

TEST_CASE("cleanup(8), qmgr(8), pickup(8): message-id, sender and size, removal and submission are events",
          "[tool][discover]") {
  CHECK(event_in("postfix/cleanup", "ABCDE1: message-id=<1@example.net>") == "ABCDE1: identified <1@example.net>");
  CHECK(event_in("postfix/cleanup", "ABCDE1: message-id=<>") == "ABCDE1: identified ");
  CHECK(event_in("postfix/cleanup", "ABCDE1: resent-message-id=<2@example.net>") == "none");
  CHECK(event_in("postfix/qmgr", "ABCDE1: from=<>, size=12, nrcpt=1 (queue active)") == "ABCDE1: queued  12");
  CHECK(event_in("postfix/qmgr", "ABCDE1: from=<a@b>, status=expired, returned to sender") == "none");
  CHECK(event_in("postfix/qmgr", "ABCDE1: removed") == "ABCDE1: removed");
  CHECK(event_in("postfix/postsuper", "ABCDE1: removed") == "ABCDE1: removed");
  CHECK(event_in("postfix/pickup", "ABCDE1: uid=0 from=<root>") == "ABCDE1: submitted");
}

TEST_CASE("shorthopd: its decisions, by queue ID", "[tool][discover]") {
  CHECK(event_in("shorthopd", "ABCDE1: recipient=<a@x> decision=keep reason=stale") ==
        "ABCDE1: decided recipient=<a@x> decision=keep reason=stale");
  CHECK(event_in("shorthopd", "NOQUEUE: recipient=<a@x> decision=keep reason=stale") == "none");
  CHECK(event_in("shorthopd", "ready") == "none");
}

TEST_CASE("a line that is not about a message, or comes from an unknown program, is not an event", "[tool][discover]") {
  CHECK(event_in("postfix/smtpd", "connect from mail.example.org[192.0.2.10]") == "none");
  CHECK(event_in("postfix/smtpd", "warning: hostname x does not resolve to address 192.0.2.1") == "none");
  CHECK(event_in("postfix/anvil", "statistics: max connection rate 1/60s") == "none");
  CHECK(event_in("dovecot", "ABCDE1: client=mail.example.org[192.0.2.10]") == "none");
  CHECK(event_in("systemd", "ABCDE1: removed") == "none");
  CHECK(event_in("postfix/smtpd", "") == "none");
  CHECK(event_in("postfix/smtp", "ABCDE1: to=<a@x") == "none");
}

TEST_CASE("a refusal is an event with its client, and with its queue ID if there is one", "[tool][discover]") {
  CHECK(event_in("postfix/smtpd",
                 "NOQUEUE: reject: RCPT from mail.example.org[192.0.2.10]: 550 5.1.1 <x@y>: no; from=<>") ==
        ": judged 0 mail.example.org[192.0.2.10]");
  CHECK(event_in("postfix/cleanup", "ABCDE1: milter-reject: END-OF-MESSAGE from h[192.0.2.10]: 5.7.1 spam") ==
        "ABCDE1: judged 0 h[192.0.2.10]");
}

TEST_CASE("a bad verdict of a filter is an event, a good one is not", "[tool][discover]") {
  CHECK(event_in("spamd", "spamd: result: Y 12 - A,B scantime=1.0,size=2048,user=x,mid=<1@x>,autolearn=no") ==
        ": judged 1 <1@x>[]");
  CHECK(event_in("spamd", "spamd: result: . 0 - scantime=1.0,mid=<1@x>,autolearn=no") == "none");
  CHECK(event_in("rspamd",
                 "<0a>; proxy; rspamd_task_write_log: id: <1@x>, qid: <ABCDE1>, ip: 192.0.2.10, (default: T "
                 "(reject): [16.00/15.00] [X(1){}]), len: 1") == "ABCDE1: judged 1 []");
  CHECK(event_in("rspamd", "id: <1@x>, qid: <ABCDE1>, (default: F (no action): [1.0/15.0]") == "none");
  CHECK(event_in("amavis",
                 "(1-2) Blocked SPAM {Discarded}, [192.0.2.10] <a@b> -> <c@d>, Queue-ID: ABCDE1, Message-ID: <1@x>, "
                 "mail_id: x") == "ABCDE1: judged 1 []");
  CHECK(event_in("opendmarc", "ABCDE1: example.net fail") == "ABCDE1: judged 4 []");
  CHECK(event_in("opendmarc", "ABCDE1: SPF(mailfrom): example.net fail") == "ABCDE1: judged 2 []");
  CHECK(event_in("opendmarc", "ABCDE1: example.net pass") == "none");
  CHECK(event_in("opendkim", "ABCDE1: s=x d=example.net SSL error:04091068: bad signature data") ==
        "ABCDE1: judged 3 []");
  CHECK(event_in("opendkim", "ABCDE1: bad signature data") == "ABCDE1: judged 3 []");
  CHECK(event_in("policyd-spf",
                 "prepend Received-SPF: Softfail (mailfrom) identity=mailfrom; client-ip=192.0.2.10; helo=x;") ==
        ": judged 2 [192.0.2.10]");
}

TEST_CASE("postconf(5), enable_long_queue_ids: both forms, and words that are not queue IDs", "[tool][discover]") {
  for (const std::string_view id : {"ABCDE1", "0123456789A", "4cXyZ16Qz3z9Bk", "3Pt2mN2VXxznjll"})
    CHECK(is_queue_id(id));
  for (const std::string_view word : {"warning", "statistics", "NOQUEUE", "fatal", "", "ABC", "table", "ABCDEG"}) {
    CAPTURE(word);
    CHECK_FALSE(is_queue_id(word));
  }
}
