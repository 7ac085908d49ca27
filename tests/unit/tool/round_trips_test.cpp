// Round trips in logs: which mail makes a round trip, and which recipients belong together.
#include "tool/discover/round_trips.h"

#include "support/catch.h"
#include "unit/tool/log_text.h"

using namespace shorthop::test;
using shorthop::tool::AliasHints;
using shorthop::tool::Spared;
using shorthop::tool::TrackerLimits;

TEST_CASE("DESIGN 1: mail to the primary that comes back for another recipient is a round trip", "[tool][discover]") {
  CHECK(trips_in(usual_trip()) == "user@example.org -> user@example.com 4300 bytes 3 s");
}

TEST_CASE("no round trip: a mailbox at the primary, or mail that comes from the primary itself", "[tool][discover]") {
  CHECK(trips_in(enters(0, "AAAA1", client, "<1@x>") + relayed(1, "AAAA1", "<user@example.org>")) == "");
  CHECK(trips_in(enters(0, "AAAA1", primary, "<1@x>") + stored(1, "AAAA1", "<user@example.com>")) == "");
}

TEST_CASE("no round trip: the sender delivers another copy here", "[tool][discover]") {
  CHECK(trips_in(enters(0, "AAAA1", client, "<1@x>") + relayed(1, "AAAA1", "<user@example.org>") +
                 enters(2, "AAAA2", client, "<1@x>") + stored(3, "AAAA2", "<user@example.com>")) == "");
}

TEST_CASE("no round trip: the mail came from the primary before it was sent there", "[tool][discover]") {
  CHECK(trips_in(enters(0, "AAAA1", primary, "<1@x>") + stored(0, "AAAA1", "<user@example.com>") +
                 enters(0, "AAAA2", client, "<1@x>") + relayed(0, "AAAA2", "<user@example.org>")) == "");
}

TEST_CASE("no round trip: back after more than an hour, or with another message-id", "[tool][discover]") {
  const std::string away = enters(0, "AAAA1", client, "<1@x>") + relayed(1, "AAAA1", "<user@example.org>");
  CHECK(trips_in(away + enters(2, "AAAA2", primary, "<2@x>") + stored(3, "AAAA2", "<user@example.com>")) == "");
  const std::string late = "2026-11-28T11:00:02+00:00 mx ";
  CHECK(trips_in(away + late + "postfix/smtpd[7]: AAAA2: client=mail.example.org[192.0.2.10]\n" + late +
                 "postfix/cleanup[7]: AAAA2: message-id=<1@x>\n" + late +
                 "postfix/local[7]: AAAA2: to=<user@example.com>, relay=local, delay=1, status=sent (ok)\n") == "");
}

TEST_CASE("FILTER_README: a filter on a loopback address sends mail back for the same recipient", "[tool][discover]") {
  const std::string filtered =
      enters(0, "AAAA1", client, "<1@x>") + enters(1, "AAAA2", "localhost[127.0.0.1]", "<1@x>") +
      delivered(1, "AAAA1", "postfix/amavis/smtp", "<user@example.org>", "127.0.0.1[127.0.0.1]:10024") +
      removed(1, "AAAA1");
  CHECK(trips_in(filtered + stored(2, "AAAA2", "<user@example.org>")) == "");
  SECTION("before the mail is sent to the primary, and on its way back") {
    CHECK(trips_in(filtered + relayed(2, "AAAA2", "<user@example.org>") + enters(3, "AAAA3", primary, "<1@x>") +
                   enters(4, "AAAA4", "localhost[127.0.0.1]", "<1@x>") +
                   delivered(5, "AAAA3", "postfix/lmtp", "<user@example.com>", "127.0.0.1[127.0.0.1]:10024") +
                   removed(5, "AAAA3") + stored(6, "AAAA4", "<user@example.com>")) ==
          "user@example.org -> user@example.com 2000 bytes 6 s");
  }
  SECTION("where virtual aliases of this host are expanded before the filter") {
    const std::string mapped = enters(0, "AAAA1", client, "<1@x>") +
                               enters(1, "AAAA2", "localhost[127.0.0.1]", "<1@x>") +
                               delivered(1, "AAAA1", "postfix/smtp", "<user@example.org>, orig_to=<info@example.org>",
                                         "127.0.0.1[127.0.0.1]:10024");
    CHECK(trips_in(mapped + relayed(2, "AAAA2", "<user@example.org>") + enters(3, "AAAA3", primary, "<1@x>") +
                   stored(4, "AAAA3", "<user@example.com>")) == "info@example.org -> user@example.com 2000 bytes 4 s");
  }
}

TEST_CASE("a filter on another host sends mail back for the same recipient", "[tool][discover]") {
  constexpr std::string_view filter = "filter.example.com[192.0.2.25]";
  const std::string there =
      enters(0, "AAAA1", client, "<1@x>") +
      delivered(1, "AAAA1", "postfix/smtp", "<User@example.org>", "filter.example.com[192.0.2.25]:25") +
      removed(1, "AAAA1") + enters(2, "AAAA2", filter, "<1@x>");
  CHECK(trips_in(there + stored(3, "AAAA2", "<user@example.org>")) == "");
  CHECK(trips_in(there + relayed(3, "AAAA2", "<user@example.org>") + enters(4, "AAAA3", primary, "<1@x>") +
                 stored(5, "AAAA3", "<user@example.com>")) == "User@example.org -> user@example.com 2000 bytes 5 s");
}

TEST_CASE("no round trip: this host forwards to the primary, which sends it back for the same recipient",
          "[tool][discover]") {
  CHECK(trips_in(enters(0, "AAAA1", client, "<1@x>") +
                 relayed(1, "AAAA1", "<user@example.org>, orig_to=<user@example.com>") +
                 enters(2, "AAAA2", primary, "<1@x>") + stored(3, "AAAA2", "<User@example.com>")) == "");
}

TEST_CASE("no round trip: mail came back, but was not delivered here", "[tool][discover]") {
  const std::string away = enters(0, "AAAA1", client, "<1@x>") + relayed(1, "AAAA1", "<user@example.org>") +
                           enters(2, "AAAA2", primary, "<1@x>");
  CHECK(trips_in(away + delivered(3, "AAAA2", "postfix/local", "<user@example.com>", "local",
                                  "bounced (unknown user)")) == "");
  CHECK(trips_in(away + delivered(3, "AAAA2", "postfix/smtp", "<ann@example.net>", "mx.example.net[192.0.2.30]:25")) ==
        "");
  CHECK(trips_in(away + delivered(3, "AAAA2", "postfix/discard", "<user@example.com>", "none")) == "");
}

TEST_CASE("every delivery agent of this host that stores mail counts as a mailbox", "[tool][discover]") {
  const std::string away = enters(0, "AAAA1", client, "<1@x>") + relayed(1, "AAAA1", "<user@example.org>") +
                           enters(2, "AAAA2", primary, "<1@x>");
  for (const auto& [program, relay] : {std::pair{"postfix/virtual", "virtual"},
                                       {"postfix/pipe", "dovecot"},
                                       {"postfix/lmtp", "mx[private/dovecot-lmtp]"},
                                       {"postfix/lmtp", "store[192.0.2.99]:24"}}) {
    CAPTURE(program, relay);
    CHECK(trips_in(away + delivered(3, "AAAA2", program, "<user@example.com>", relay)) ==
          "user@example.org -> user@example.com 2000 bytes 3 s");
  }
}

TEST_CASE("mail may come back from another address of the primary's site, but not from another site",
          "[tool][discover]") {
  const std::string away = enters(0, "AAAA1", client, "<1@x>") + relayed(1, "AAAA1", "<user@example.org>");
  const auto back_from = [&](std::string_view from) {
    return trips_in(away + enters(2, "AAAA2", from, "<1@x>") + stored(3, "AAAA2", "<user@example.com>"));
  };
  CHECK(back_from("unknown[192.0.2.10]") != "");
  CHECK(back_from("mail.example.org[2001:db8::10]") != "");
  CHECK(back_from("out.example.org[198.51.100.7]") != "");
  CHECK(back_from("unknown[192.0.2.11]") != "");
  CHECK(back_from("unknown[198.51.100.7]") == "");
  CHECK(back_from("mail.example.co.uk[198.51.100.7]") == "");
}

TEST_CASE("lines out of order, a queue ID used again and two hosts in one log do not hide a round trip",
          "[tool][discover]") {
  const std::string late = enters(0, "AAAA1", client, "<1@x>") + enters(1, "AAAA2", primary, "<1@x>") +
                           stored(1, "AAAA2", "<user@example.com>") + relayed(1, "AAAA1", "<user@example.org>");
  CHECK(trips_in(late) == "user@example.org -> user@example.com 2000 bytes 1 s");
  const std::string again =
      enters(0, "AAAA1", client, "<1@x>") +
      delivered(1, "AAAA1", "postfix/smtp", "<user@example.org>", "mail.example.org[192.0.2.10]:25") +
      enters(2, "AAAA1", primary, "<1@x>") + stored(3, "AAAA1", "<user@example.com>");
  CHECK(trips_in(again) == "user@example.org -> user@example.com 2000 bytes 3 s");
  std::string other = usual_trip();
  for (std::size_t at = 0; (at = other.find(" mx ", at)) != std::string::npos;) other.replace(at, 4, " my ");
  CHECK(trips_in(usual_trip() + other).contains("; user@example.org"));
}

TEST_CASE("swapped lines of cleanup(8) and smtpd(8) do not hide a round trip", "[tool][discover]") {
  CHECK(trips_in(line(0, "postfix/cleanup", "AAAA1: message-id=<1@x>") +
                 line(0, "postfix/smtpd", "AAAA1: client=client.example.net[192.0.2.100]") +
                 relayed(1, "AAAA1", "<user@example.org>") + enters(2, "AAAA2", primary, "<1@x>") +
                 stored(3, "AAAA2", "<user@example.com>")) == "user@example.org -> user@example.com 1000 bytes 3 s");
}

TEST_CASE("mailboxes by LMTP on a host of the primary's site are not a filter", "[tool][discover]") {
  const auto with_store = [](std::string_view store) {
    return trips_in(enters(0, "AAAA1", client, "<1@x>") +
                    delivered(1, "AAAA1", "postfix/lmtp", "<user@example.com>", store) +
                    relayed(1, "AAAA1", "<info@example.org>") + enters(2, "AAAA2", primary, "<1@x>") +
                    delivered(3, "AAAA2", "postfix/lmtp", "<user@example.com>", store));
  };
  CHECK(with_store("store.example.org[192.0.2.20]:24") == "info@example.org -> user@example.com 2000 bytes 3 s");
  CHECK(with_store("filter.example.com[192.0.2.20]:24") == "info@example.org -> user@example.com 2000 bytes 3 s");
}

TEST_CASE("the same SMTP reply without a queue ID, seen again after a while, is another transaction",
          "[tool][discover]") {
  const auto sent = [](int second, std::string_view to) {
    return delivered(second, "AAAA1", "postfix/smtp", to, "mail.example.org[192.0.2.10]:25", "sent (250 OK)");
  };
  const auto transactions = [&](int second) {
    const auto seen = tracked(enters(0, "AAAA1", client, "<1@x>") + sent(1, "<a@example.org>") +
                              sent(second, "<b@example.org>") + enters(second, "AAAA2", primary, "<1@x>") +
                              delivered(second, "AAAA2", "postfix/local", "<a@example.com>", "local") +
                              stored(second, "AAAA2", "<b@example.com>"));
    const auto found = shorthop::tool::find_round_trips(seen.messages.at(0), TrackerLimits{}.window, {});
    return shorthop::tool::cost_of(found).transactions;
  };
  CHECK(transactions(2) == 2);
  CHECK(transactions(400) == 3);
}

TEST_CASE("several recipients are paired by local part, by order, by pairs seen before, by alias data",
          "[tool][discover]") {
  const std::string away =
      enters(0, "AAAA1", client, "<1@x>") +
      delivered(1, "AAAA1", "postfix/smtp", "<one@example.org>", "mail.example.org[192.0.2.10]:25") +
      relayed(1, "AAAA1", "<two@example.org>");
  const std::string same = away + enters(2, "AAAA2", primary, "<1@x>") +
                           delivered(3, "AAAA2", "postfix/local", "<two@example.com>", "local") +
                           stored(3, "AAAA2", "<one@example.com>");
  CHECK(trips_in(same) ==
        "two@example.org -> two@example.com 2000 bytes 3 s perhaps; "
        "one@example.org -> one@example.com 2000 bytes 3 s perhaps");
  const std::string strange = away + enters(2, "AAAA2", primary, "<1@x>") +
                              delivered(3, "AAAA2", "postfix/local", "<a@example.com>", "local") +
                              stored(3, "AAAA2", "<b@example.com>");
  CHECK(trips_in(strange).starts_with("one@example.org -> a@example.com"));
  AliasHints hints;
  hints.was_seen = [](std::string_view from, std::string_view to) {
    return from == "two@example.org" && to == "a@example.com";
  };
  CHECK(trips_in(strange, hints).starts_with("two@example.org -> a@example.com"));
  SECTION("two aliases of one mailbox: one copy comes back, and both are round trips") {
    const std::string merged = away + enters(2, "AAAA2", primary, "<1@x>") + stored(3, "AAAA2", "<a@example.com>");
    hints.leads_to = [](std::string_view, std::string_view to) { return to == "a@example.com"; };
    CHECK(trips_in(merged, hints).contains("one@example.org -> a@example.com"));
    CHECK(trips_in(merged, hints).contains("two@example.org -> a@example.com"));
  }
}

TEST_CASE("FILTER_README: a simple filter, a command that calls sendmail(1), passes on what came by SMTP",
          "[tool][discover]") {
  const std::string filtered =
      enters(0, "AAAA1", client, "<1@x>") + line(1, "postfix/pickup", "AAAA2: uid=1 from=<sender@example.net>") +
      line(1, "postfix/cleanup", "AAAA2: message-id=<1@x>") +
      delivered(1, "AAAA1", "postfix/pipe", "<user@example.org>", "filter", "sent (delivered via filter service)") +
      removed(1, "AAAA1") + relayed(2, "AAAA2", "<user@example.org>") + removed(2, "AAAA2") +
      enters(3, "AAAA3", primary, "<1@x>") + stored(4, "AAAA3", "<user@example.com>");
  const auto found = shorthop::tool::find_round_trips(tracked(filtered).messages.at(0), TrackerLimits{}.window, {});
  REQUIRE(found.trips.size() == 1);
  CHECK(found.trips[0].original == "user@example.org");
  CHECK(found.trips[0].is_by_smtp);  // a milter saw it
  CHECK(found.trips[0].client.name == "client.example.net");
}

TEST_CASE("one alias with two mailboxes here is one trip", "[tool][discover]") {
  CHECK(trips_in(enters(0, "AAAA1", client, "<1@x>") + relayed(1, "AAAA1", "<team@example.org>") +
                 enters(2, "AAAA2", primary, "<1@x>") +
                 delivered(3, "AAAA2", "postfix/local", "<a@example.com>", "local") +
                 stored(4, "AAAA2", "<b@example.com>")) ==
        "team@example.org -> a@example.com, b@example.com 2000 bytes 4 s");
}

TEST_CASE("mail that waited in the queue counts from its arrival", "[tool][discover]") {
  CHECK(trips_in(enters(0, "AAAA1", client, "<1@x>") +
                 delivered(1, "AAAA1", "postfix/smtp", "<user@example.org>", "none", "deferred (timed out)") +
                 relayed(600, "AAAA1", "<user@example.org>") + enters(601, "AAAA2", primary, "<1@x>") +
                 stored(602, "AAAA2", "<user@example.com>")) ==
        "user@example.org -> user@example.com 2000 bytes 602 s");
}

TEST_CASE("delays in the log are finer than stamps of whole seconds", "[tool][discover]") {
  const auto found = tracked(enters(0, "AAAA1", client, "<1@x>") + relayed(0, "AAAA1", "<user@example.org>") +
                             enters(0, "AAAA2", primary, "<1@x>") + stored(0, "AAAA2", "<user@example.com>"));
  const auto trips = shorthop::tool::find_round_trips(found.messages.at(0), TrackerLimits{}.window, {}).trips;
  CHECK(trips.at(0).time == std::chrono::milliseconds(200));  // delay=0.1 on each of the two ways
}

TEST_CASE("a transaction is saved if none of its recipients needs it", "[tool][discover]") {
  const std::string mixed =
      enters(0, "AAAA1", client, "<1@x>", 500) +
      delivered(1, "AAAA1", "postfix/smtp", "<one@example.org>", "mail.example.org[192.0.2.10]:25") +
      relayed(1, "AAAA1", "<stays@example.org>") + enters(2, "AAAA2", primary, "<1@x>", 700) +
      stored(3, "AAAA2", "<one@example.com>");
  const auto messages = tracked(mixed).messages;
  REQUIRE(messages.size() == 1);
  const auto found = shorthop::tool::find_round_trips(messages[0], TrackerLimits{}.window, {});
  REQUIRE(found.trips.size() == 1);
  const auto all = shorthop::tool::cost_of(found);
  CHECK(all.transactions == 1);  // the transaction to the primary carries another recipient too
  CHECK(all.hops == 1);
  CHECK(all.bytes == 700);
  CHECK(shorthop::tool::saved_without(found, [](std::size_t) { return Spared::nothing; }).transactions == 0);
}

TEST_CASE("session/savings.h: hops are counted once for each message and next hop, transactions one by one",
          "[tool][discover]") {
  const std::string twice =
      enters(0, "AAAA1", client, "<1@x>", 500) +
      delivered(1, "AAAA1", "postfix/smtp", "<one@example.org>", "mail.example.org[192.0.2.10]:25") +
      relayed(1, "AAAA1", "<two@example.org>") + enters(2, "AAAA2", primary, "<1@x>", 700) +
      stored(3, "AAAA2", "<one@example.com>") + enters(2, "AAAA3", primary, "<1@x>", 700) +
      stored(3, "AAAA3", "<two@example.com>");
  const auto messages = tracked(twice).messages;
  REQUIRE(messages.size() == 1);
  const auto found = shorthop::tool::find_round_trips(messages[0], TrackerLimits{}.window, {});
  REQUIRE(found.trips.size() == 2);
  const auto text = [](const shorthop::tool::Saved& saved) {
    return fmt::format("{} {} {}", saved.transactions, saved.hops, saved.bytes);
  };
  CHECK(text(shorthop::tool::cost_of(found)) == "3 2 1900");
  // One recipient is kept: the message still goes to the primary, but comes back only once.
  CHECK(text(shorthop::tool::saved_without(
            found, [](std::size_t trip) { return trip == 0 ? Spared::both : Spared::nothing; })) == "1 0 700");
  // Split recipients still go to the primary with a part of their expansion.
  CHECK(text(shorthop::tool::saved_without(found, [](std::size_t) { return Spared::way_back; })) == "2 1 1400");
}

TEST_CASE("a sender gives several messages one message-id: each has its own hops, as for a milter",
          "[tool][discover]") {
  const std::string two = enters(0, "AAAA1", client, "<1@x>") + relayed(1, "AAAA1", "<one@example.org>") +
                          enters(0, "AAAB1", client, "<1@x>") + relayed(1, "AAAB1", "<two@example.org>") +
                          enters(2, "AAAA2", primary, "<1@x>") + stored(3, "AAAA2", "<one@example.com>") +
                          enters(2, "AAAB2", primary, "<1@x>") + stored(3, "AAAB2", "<two@example.com>");
  const auto found = shorthop::tool::find_round_trips(tracked(two).messages.at(0), TrackerLimits{}.window, {});
  CHECK(shorthop::tool::cost_of(found).transactions == 4);
  CHECK(shorthop::tool::cost_of(found).hops == 4);
  const auto one = saved_without(found, [](std::size_t trip) { return trip == 0 ? Spared::both : Spared::nothing; });
  CHECK(one.hops == 2);
}

TEST_CASE("the tracker is bounded, and counts what it did not follow to its end", "[tool][discover]") {
  std::string log;
  for (int number = 0; number < 200; ++number) {
    log += enters(0, fmt::format("{:X}", 0xAAAA00 + number), client, fmt::format("<{}@x>", number));
  }
  TrackerLimits limits;
  limits.messages = 20;
  const auto seen = tracked(log, limits);
  CHECK(seen.counts.cut_short > 150);
  CHECK(seen.messages.size() == 200);
  std::string repeated;
  for (int number = 0; number < 1000; ++number) {
    const std::string id = fmt::format("{:X}", 0xAAAA00 + number);
    repeated += enters(0, id, client, "<1@x>") + removed(0, id);
  }
  CHECK(tracked(repeated).messages.front().files.size() == shorthop::tool::max_files);
  std::string wide = enters(0, "AAAA1", client, "<1@x>");
  for (int number = 0; number < 1005; ++number) {
    wide += delivered(1, "AAAA1", "postfix/smtp", fmt::format("<u{}@example.net>", number),
                      "mx.example.net[192.0.2.30]:25");
  }
  CHECK(tracked(wide).counts.cut_short == 1);
}

TEST_CASE("a message for thousands that all come back is examined in part, and that is counted", "[tool][discover]") {
  std::string log;
  for (int part = 0; part < 3; ++part) {
    const std::string id = fmt::format("AAA{}", part);
    log += enters(0, id + "1", client, "<1@x>");
    for (int number = 0; number < 400; ++number) {
      log += delivered(1, id + "1", "postfix/smtp", fmt::format("<{}.{}@example.org>", part, number),
                       "mail.example.org[192.0.2.10]:25");
    }
    log += removed(1, id + "1") + enters(2, id + "2", primary, "<1@x>");
    for (int number = 0; number < 400; ++number) {
      log += delivered(3, id + "2", "postfix/local", fmt::format("<{}.{}@example.com>", part, number), "local");
    }
    log += removed(3, id + "2");
  }
  const auto found = shorthop::tool::find_round_trips(tracked(log).messages.at(0), TrackerLimits{}.window, {});
  CHECK(found.is_cut);
  CHECK(found.relayed == 1200);
  CHECK(found.trips.size() == 1'000'000 / 1200);
}
