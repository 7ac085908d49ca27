// Arbitrary bytes from the network cause no edit, no crash, and no extra line in the log.
#include <algorithm>
#include <random>

#include "support/catch.h"
#include "support/daemon_process.h"
#include "wire/messages.h"

using namespace shorthop::test;

namespace {

/// Checks that the daemon still works in a new session.
void check_alive(DaemonProcess& daemon) {
  REQUIRE(daemon.process().is_running());
  FakeMta mta(daemon.socket());
  mta.greet();
  CHECK(mta.send(to({relayed("<user@example.org>")})).lines() == user_rewritten);
  CHECK_NOTHROW(mta.quit());
}

/// Checks that every line is printable, and that none begins with the client's text "forged".
void check_log(const DaemonProcess& daemon) {
  for (const auto& line : daemon.log_lines()) {
    INFO(line);
    CHECK(std::all_of(line.begin(), line.end(), [](unsigned char c) { return c >= 0x20 && c < 0x7f; }));
    CHECK_FALSE(line.starts_with("forged"));
  }
}

}  // namespace

TEST_CASE("a recipient of odd bytes is never edited", "[wire][hostile]") {
  const std::vector<std::string> odd = {
      "",
      "<>",
      "<",
      ">",
      "@",
      "<@>",
      "<@example.org>",
      "<user@>",
      "<user>",
      "user",
      "<user@example.org",
      "user@example.org>",
      "<<user@example.org>>",
      "<user@example.org> x",
      "x <user@example.org>",
      "<user@example.org><other@example.org>",
      "<user@example.org,other@example.org>",
      "<user@example.org>, <other@example.org>",
      "<user@example.org\r\nforged: line>",
      "<user@example.org\n>",
      "<user@example.org\r>",
      "<us\ner@example.org>",
      "<us\001er@example.org>",
      "<us\177er@example.org>",
      "<us\377er@example.org>",
      "<user\xff@example.org>",
      "<user@example.org\xff>",
      "<us\xc3\xa9r@example.org>",
      "<\"user@example.org>",
      "<user\"@example.org>",
      "<us er@example.org>",
      "<@a:b>",
      "<@a:>",
      "<@a,@b:>",
      "<@a user@example.org>",
      "<@a.example,user@example.org>",
      "<user@@example.org>",
      "<user@example.org@>",
      "<user@example..org>",
      "<user@.example.org>",
      "<user@[192.0.2.10]>",
      "<user%example.com@example.org>",
      "<example.com!user@example.org>",
      "<\"user@example.com\"@example.org>",
      "<|program@example.org>",
      "</etc/passwd@example.org>",
      "<:include:/etc/passwd@example.org>",
      "<" + std::string(2000, 'a') + "@example.org>",
      "<user@" + std::string(2000, 'a') + ".example.org>",
      "<" + std::string(60000, '@') + ">",
      "<" + std::string(60000, '"') + ">",
      "<@" + std::string(30000, ',') + ":user@example.org",
      std::string(60000, '\xff'),
      std::string(60000, '<'),
      std::string("<user%s%n%x%%@example.org>"),
  };
  DaemonProcess daemon;
  FakeMta mta(daemon.socket());
  mta.greet();
  for (const auto& text : odd) {
    INFO("RCPT TO: " << text.substr(0, 80));
    CHECK(mta.send(to({relayed(text)})).lines().empty());
  }
  std::vector<Recipient> all;
  all.reserve(odd.size() + 1);
  for (const auto& text : odd) all.push_back(relayed(text));
  all.push_back(relayed("<user@example.org>"));
  CHECK(mta.send(to(all)).lines() == user_rewritten);  // a good one among them is not affected
  CHECK_NOTHROW(mta.quit());
  check_alive(daemon);
  check_log(daemon);
}

TEST_CASE("odd RCPT and MAIL parameters keep the recipient", "[wire][hostile]") {
  DaemonProcess daemon;
  FakeMta mta(daemon.socket());
  mta.greet();
  for (const std::string parameter :
       {"NOTIFY=", "NOTIFY=NEVER,SUCCESS", "NOTIFY=\xff", "NOTIFY=NEVER ORCPT=rfc822;x", "ORCPT=", "ORCPT=x", "ORCPT=;",
        "ORCPT=rfc822;a b", "ORCPT=rfc822;\r\nforged", "ORCPT=rfc822;\xff", "ORCPT=rfc822;+ZZ", "XFOO=bar", "=", ""}) {
    INFO("RCPT parameter " << parameter);
    CHECK(mta.send(to({relayed("<user@example.org>", {parameter})})).edits.empty());
  }
  for (const std::string parameter :
       {"SIZE=", "SIZE=-1", "SIZE=99999999999999999999999", "SIZE=1 \nforged", "\xff", ""}) {
    INFO("MAIL parameter " << parameter);
    Message message = to({relayed("<user@example.org>")});
    message.sender = {"<sender@example.net>", parameter};
    CHECK(mta.send(message).lines() == user_rewritten);
  }
  CHECK_NOTHROW(mta.quit());
  check_log(daemon);
}

TEST_CASE("macros of odd bytes affect neither log lines nor decisions", "[wire][hostile]") {
  DaemonProcess daemon;
  FakeMta mta(daemon.socket());
  const std::string odd = "x\r\nforged: recipient=<a@b> \xff\x01" + std::string(2000, '%');
  for (const std::string name : {"i", "{client_addr}", "{client_name}", "{rcpt_host}", "v"}) mta.macros[name] = odd;
  mta.greet();
  mta.mail({"<sender@example.net>"});
  mta.macros["i"] = odd;
  mta.rcpt(relayed("<user@example.org>"));
  mta.data();
  if (!mta.done_with_message()) mta.end_of_message();
  CHECK_NOTHROW(mta.quit());
  CHECK_FALSE(daemon.wait_for_log("recipient=<user@example.org>").empty());
  check_log(daemon);
  check_alive(daemon);
}

TEST_CASE("macros that are not name-value pairs end at most their own session, at every step",
          "[wire][hostile][macros]") {
  DaemonProcess daemon;
  FakeMta bystander(daemon.socket());
  bystander.greet();
  for (const char step : {'C', 'H', 'M', 'R', 'T', 'N', 'E', '?', '\0'}) {
    for (int strings = 1; strings < 80; strings += strings < 20 ? 2 : 12) {
      for (const bool is_terminated : {true, false}) {
        INFO("step " << step << ", strings " << strings << ", terminated " << is_terminated);
        std::string macros(1, step);
        for (int i = 0; i < strings; ++i) macros += "name" + std::to_string(i) + '\0';
        if (!is_terminated) macros += "cut";
        FakeMta mta(daemon.socket());
        try {
          mta.wire().put('D', macros);
          mta.greet();
          mta.mail({"<sender@example.net>"});
          mta.wire().put('D', macros);
          mta.rcpt(relayed("<user@example.org>"));
          mta.wire().put('D', macros);
          mta.data();
          mta.wire().put('D', macros);
          if (!mta.done_with_message()) mta.end_of_message();
        } catch (const WireError& error) {
          CHECK(error.kind == WireError::Kind::closed);
        }
        CHECK(mta.edits().empty());
      }
    }
  }
  CHECK(bystander.send(to({relayed("<user@example.org>")})).lines() == user_rewritten);
  CHECK_FALSE(daemon.wait_for_log("its macros are not pairs").empty());
  CHECK(daemon.count_in_log("its macros are not pairs") == 1);  // logged once a minute
  check_alive(daemon);
  check_log(daemon);
}

TEST_CASE("malformed macros of an MTA without SETSYMLIST do no harm either", "[wire][hostile][macros]") {
  DaemonProcess daemon;
  for (int strings = 1; strings < 80; strings += 2) {
    Offer offer;
    offer.actions &= ~0x100U;  // SMFIF_SETSYMLIST
    FakeMta mta(daemon.socket(), offer);
    std::string macros = "R";
    for (int i = 0; i < strings; ++i) macros += std::string("x") + '\0';
    mta.wire().put('D', macros);
    try {
      mta.send(to({relayed("<user@example.org>")}));
    } catch (const WireError& error) {
      CHECK(error.kind == WireError::Kind::closed);
    }
    CHECK(mta.edits().empty());
  }
  check_alive(daemon);
}

TEST_CASE("an empty list of macros, as sent by Postfix, is accepted", "[wire][hostile][macros]") {
  DaemonProcess daemon;
  FakeMta mta(daemon.socket());
  mta.wire().put('D', "C");
  mta.wire().put('D', "H");
  mta.greet();
  mta.wire().put('D', "M");
  CHECK(mta.send(to({relayed("<user@example.org>")})).lines() == user_rewritten);
  CHECK_NOTHROW(mta.quit());
}

TEST_CASE("RCPT with no argument, an unterminated one, or only NUL bytes, ends at most its own session",
          "[wire][hostile]") {
  DaemonProcess daemon;
  for (const std::string& data : {std::string(), std::string(1, '\0'), std::string(100, '\0'), std::string("<user")}) {
    FakeMta mta(daemon.socket());
    mta.greet();
    mta.mail({"<sender@example.net>"});
    mta.wire().put('R', data);
    mta.wire().put('Q');
    CHECK_NOTHROW(mta.wire().drain());
  }
  check_alive(daemon);
  check_log(daemon);
}

TEST_CASE("an argument longer than the maximum packet ends its own session only", "[wire][hostile]") {
  DaemonProcess daemon;
  FakeMta bystander(daemon.socket());
  bystander.greet();
  FakeMta mta(daemon.socket());
  mta.greet();
  mta.mail({"<sender@example.net>"});
  try {
    mta.rcpt(relayed("<" + std::string(70000, 'a') + "@example.org>"));
    mta.data();
  } catch (const WireError& error) {
    CHECK(error.kind == WireError::Kind::closed);  // libmilter's MILTER_MAX_DATA_SIZE
  }
  CHECK(bystander.send(to({relayed("<user@example.org>")})).lines() == user_rewritten);
  check_alive(daemon);
}

TEST_CASE("garbage instead of packets ends its own session only", "[wire][hostile]") {
  DaemonProcess daemon;
  const std::vector<std::string> garbage = {
      "GET / HTTP/1.0\r\n\r\n",
      network_long(0),
      network_long(0xffffffff),
      network_long(0x7fffffff) + "O",
      network_long(1) + "O",
      framed('O', network_long(6)),
      framed('O', network_long(0) + network_long(0) + network_long(0)),
      framed('R', "<user@example.org>"),
      framed('E'),
      framed('\0', "x"),
      std::string(100000, '\xff'),
      std::string(100000, '\0'),
  };
  for (const auto& bytes : garbage) {
    Wire wire(daemon.socket());
    try {
      wire.put_raw(bytes);
      wire.flush();
    } catch (const WireError& error) {
      CHECK(error.kind == WireError::Kind::closed);  // libmilter may close while we write
    }
    wire.close();
  }
  check_alive(daemon);
}

TEST_CASE("random packets in a random order end their own session only", "[wire][hostile]") {
  const unsigned seed = GENERATE(range(1U, 9U));
  INFO("seed " << seed);
  DaemonProcess daemon;
  std::mt19937 random(seed);
  const auto any = [&random](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
  const std::string commands = "ABCDEHKLMNORTUQ";
  for (int session = 0; session < 30; ++session) {
    try {
      FakeMta mta(daemon.socket());
      for (int packet = 0; packet < 40; ++packet) {
        std::string data(any(40), '\0');
        std::generate(data.begin(), data.end(), [&] { return static_cast<char>(random() & 0xff); });
        if (any(2) == 0) data = std::string("<user@example.org>") + '\0';
        mta.wire().put(commands[any(commands.size())], data);
      }
      mta.wire().put('Q');
      mta.wire().drain();
    } catch (const WireError& error) {
      CHECK(error.kind == WireError::Kind::closed);  // not a time-out
    }
  }
  check_alive(daemon);
  check_log(daemon);
}
