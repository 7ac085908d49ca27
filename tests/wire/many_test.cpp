// Large numbers of recipients, connections and messages.
#include <atomic>
#include <thread>

#include "support/catch.h"
#include "support/daemon_process.h"
#include "wire/messages.h"

using namespace shorthop::test;

TEST_CASE("of 10,000 recipients, each one with a mailbox here is replaced by one addition and one deletion",
          "[wire][many]") {
  constexpr std::size_t count = 10'000;
  Setup setup;
  std::vector<Recipient> recipients;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string n = std::to_string(i);
    const bool here = i % 2 == 0;
    setup.aliases.append("p").append(n).append(": q").append(n).append(here ? "@example.com\n" : "@example.net\n");
    if (here) setup.local_recipients.append("q").append(n).append("\n");
    recipients.push_back(relayed("<p" + n + "@example.org>"));
  }
  DaemonProcess daemon(setup);
  FakeMta mta(daemon.socket());
  mta.greet();
  const Message message = to(recipients);
  const Treatment treatment = mta.send(message);
  CHECK_NOTHROW(mta.quit());
  const Lines lines = treatment.lines();
  REQUIRE(lines.size() == count);  // one addition and one deletion for every second recipient
  CHECK(lines.front() == "add <q0@example.com> ORCPT=rfc822;p0@example.org");
  CHECK(lines[count / 2 - 1] == "add <q9998@example.com> ORCPT=rfc822;p9998@example.org");
  CHECK(lines[count / 2] == "delete <p0@example.org>");
  CHECK(lines.back() == "delete <p9998@example.org>");
}

TEST_CASE("each of 200 connections at once gets the edits for its own messages", "[wire][many]") {
  constexpr unsigned connections = 200;
  constexpr unsigned messages = 5;
  DaemonProcess daemon;
  std::vector<FakeMta> sessions;
  sessions.reserve(connections);
  for (unsigned i = 0; i < connections; ++i) sessions.emplace_back(daemon.socket());
  std::atomic<unsigned> right = 0;
  std::atomic<unsigned> broken = 0;
  std::vector<std::jthread> clients;
  clients.reserve(connections);
  for (unsigned i = 0; i < connections; ++i)
    clients.emplace_back([&right, &broken, &mta = sessions[i], i] {
      try {
        mta.greet();
        for (unsigned k = 0; k < messages; ++k) {
          const bool here = (i + k) % 2 == 0;
          const Lines lines = mta.send(to({relayed(here ? "<user@example.org>" : "<abroad@example.org>")})).lines();
          if (lines.size() == (here ? 2U : 0U)) ++right;
        }
        mta.quit();
      } catch (const std::exception&) {
        ++broken;
      }
    });
  clients.clear();
  CHECK(broken == 0);
  CHECK(right == connections * messages);
  CHECK(daemon.process().is_running());
}

TEST_CASE("reloads while messages pass: every message uses one of the two versions", "[wire][many][reload]") {
  DaemonProcess daemon;
  std::atomic<bool> stop = false;
  std::atomic<unsigned> wrong = 0;
  std::atomic<unsigned> seen = 0;
  {
    std::vector<std::jthread> clients(4);
    for (auto& client : clients)
      client = std::jthread([&] {
        try {
          FakeMta mta(daemon.socket());
          mta.greet();
          while (!stop) {
            const Lines lines = mta.send(to({relayed("<user@example.org>"), relayed("<other@example.org>")})).lines();
            const bool first = lines.size() == 4 && lines[0].starts_with("add <user@example.com>") &&
                               lines[1].starts_with("add <other@example.com>");
            const bool second = lines.size() == 4 && lines[0].starts_with("add <other@example.com>") &&
                                lines[1].starts_with("add <user@example.com>");
            if (!first && !second) ++wrong;
            ++seen;
          }
          mta.quit();
        } catch (const std::exception&) {
          ++wrong;
        }
      });
    for (int i = 0; i < 10; ++i) {
      daemon.write("aliases", i % 2 == 0 ? "user: other@example.com\nother: user@example.com\n"
                                         : "user: user@example.com\nother: other@example.com\n");
      CHECK(daemon.tool({"reload"}) == 0);
    }
    stop = true;
  }
  CHECK(wrong == 0);
  CHECK(seen > 10);
}
