// During a slow load the daemon answers requests, sends watchdog beats, serves mail and can be stopped.
#include <csignal>
#include <cstdlib>
#include <map>
#include <thread>

#include "support/catch.h"
#include "support/daemon_process.h"
#include "wire/daemon_life.h"
#include "wire/messages.h"

using namespace shorthop::test;
using namespace std::chrono_literals;

namespace {

/// A daemon with a postconf(1) that waits: each load after begin_slow_loads() lasts until finish() is called.
class SlowDaemon {
 public:
  SlowDaemon() {
    daemon.write("bin/postconf", "#!/bin/sh\n: >'" + daemon.file("asked").string() +
                                     "'\nfor i in $(seq 500); do [ -e '" + daemon.file("go").string() +
                                     "' ] && break; sleep 0.02; done\necho 'mydestination = example.com'\n");
    std::filesystem::permissions(daemon.file("bin/postconf"), std::filesystem::perms{0755});
  }

  /// Removes local-domains from the settings, so that the next load must ask postconf(1) for this host's domains.
  void begin_slow_loads() const {
    std::string settings = read_text(daemon.file("shorthop.conf"));
    const auto line = settings.find("local-domains");
    settings.erase(line, settings.find('\n', line) + 1 - line);
    daemon.write("shorthop.conf", settings);
  }
  bool is_loading() const {
    for (int i = 0; i < 5000 && !path_exists(daemon.file("asked")); ++i) std::this_thread::sleep_for(1ms);
    return path_exists(daemon.file("asked"));
  }
  void finish() const { daemon.write("go", ""); }
  std::map<std::string, std::string> environment() const {
    return {{"PATH", (daemon.file("bin").string() + ":") + std::getenv("PATH")}};
  }
  void restart(const std::map<std::string, std::string>& more = {}) {
    daemon.process().stop();
    std::map<std::string, std::string> variables = environment();
    variables.insert(more.begin(), more.end());
    daemon.process().start(command(), daemon.file("log"), variables);
  }
  std::vector<std::string> command() const {
    return {SHORTHOP_BINARY_DIR "/shorthopd", "--config", daemon.file("shorthop.conf").string()};
  }

  DaemonProcess daemon;
};

}  // namespace

TEST_CASE("sd_watchdog_enabled(3): the daemon sends watchdog beats, however long a load takes", "[wire][daemon]") {
  const Notifications notifications;
  SlowDaemon slow;
  slow.restart({{"NOTIFY_SOCKET", notifications.path()}, {"WATCHDOG_USEC", "300000"}});
  slow.daemon.process().wait_for_listener(slow.daemon.socket());
  if (notifications.next().empty()) return;  // built without systemd
  const auto begin = std::chrono::steady_clock::now();
  for (int beat = 0; beat < 8; ++beat) CHECK(notifications.next() == "WATCHDOG=1");
  CHECK(std::chrono::steady_clock::now() - begin >= 600ms);  // nominally 700 ms, but the clock may be read late
  slow.begin_slow_loads();
  slow.daemon.process().send_signal(SIGHUP);
  CHECK(notifications.next_without_beats().starts_with("RELOADING=1\nMONOTONIC_USEC="));
  for (int beat = 0; beat < 4; ++beat) CHECK(notifications.next() == "WATCHDOG=1");
  slow.finish();
  CHECK(notifications.next_without_beats().starts_with("READY=1\n"));
  CHECK(notifications.next() == "WATCHDOG=1");
  FakeMta mta(slow.daemon.socket());
  mta.greet();
  CHECK(mta.send(to({relayed("<user@example.org>")})).lines() == user_rewritten);
}

TEST_CASE("during a load, status is answered at once and mail is served", "[wire][daemon][load]") {
  SlowDaemon slow;
  slow.restart();
  slow.daemon.process().wait_for_listener(slow.daemon.socket());
  slow.begin_slow_loads();
  slow.daemon.process().send_signal(SIGHUP);
  REQUIRE(slow.is_loading());
  CHECK(time_of([&] { CHECK(answer_to(slow.daemon, "status").ends_with("\nexit 0\n")); }) < 1s);
  FakeMta mta(slow.daemon.socket());
  mta.greet();
  CHECK(mta.send(to({relayed("<user@example.org>")})).lines() == user_rewritten);
  CHECK(slow.daemon.count_in_log("reloaded") == 0);
  slow.finish();
  CHECK_FALSE(slow.daemon.wait_for_log("reloaded").empty());
}

TEST_CASE("shorthop reload is answered after a load that began after the request", "[wire][daemon][load]") {
  SlowDaemon slow;
  slow.restart();
  slow.daemon.process().wait_for_listener(slow.daemon.socket());
  slow.begin_slow_loads();
  slow.daemon.process().send_signal(SIGHUP);
  REQUIRE(slow.is_loading());
  Wire first("unix:" + slow.daemon.file("control.sock").string());
  Wire second("unix:" + slow.daemon.file("control.sock").string());
  first.put_raw("reload\n");
  first.flush();
  second.put_raw("reload\n");
  second.flush();
  CHECK(first.quiet_for(200ms));
  slow.finish();
  const std::string answer = first.drain();
  CHECK(answer.ends_with("reloaded: 1 relay domain of 1 primary, mode rewrite\nexit 0\n"));
  CHECK(second.drain() == answer);
  slow.daemon.process().stop();
  CHECK(slow.daemon.count_in_log("reloaded") == 2);  // one for the signal, one shared by both requests
}

TEST_CASE("SIGTERM and SIGINT end the daemon at once in the middle of a load", "[wire][daemon][load]") {
  const int signal = GENERATE(SIGTERM, SIGINT);
  SlowDaemon slow;
  slow.restart();
  slow.daemon.process().wait_for_listener(slow.daemon.socket());
  slow.begin_slow_loads();
  slow.daemon.process().send_signal(SIGHUP);
  REQUIRE(slow.is_loading());
  slow.daemon.process().send_signal(signal);
  CHECK(time_of([&] { CHECK(ended_well(slow.daemon.process().wait_for_end())); }) < 3s);
  CHECK_FALSE(slow.daemon.wait_for_log("stopped").empty());
  CHECK_FALSE(path_exists(slow.daemon.file("milter.sock")));
}

TEST_CASE("SIGTERM ends a daemon at once during its first load", "[wire][daemon][load]") {
  SlowDaemon slow;
  slow.begin_slow_loads();
  slow.restart();
  REQUIRE(slow.is_loading());
  slow.daemon.process().send_signal(SIGHUP);  // would cause a reload after the first load
  slow.daemon.process().send_signal(SIGTERM);
  CHECK(time_of([&] { CHECK(ended_well(slow.daemon.process().wait_for_end())); }) < 3s);
}

TEST_CASE("a reload signal during the first load causes a reload after it", "[wire][daemon][load]") {
  SlowDaemon slow;
  slow.begin_slow_loads();
  slow.restart();
  REQUIRE(slow.is_loading());
  slow.daemon.process().send_signal(SIGHUP);
  slow.finish();
  CHECK_FALSE(slow.daemon.wait_for_log("reloaded").empty());
}

TEST_CASE("SIGTERM ends a daemon that loads a million aliases, and nothing crashes while it ends",
          "[wire][daemon][load]") {
  DaemonProcess daemon;
  std::string aliases = read_text(daemon.file("aliases"));
  for (int i = 0; i < 1'000'000; ++i) aliases += "a" + std::to_string(i) + ": user@example.com\n";
  daemon.write("aliases", aliases);
  for (const auto pause : {1ms, 30ms, 100ms, 300ms}) {
    daemon.process().send_signal(SIGHUP);
    std::this_thread::sleep_for(pause);
    daemon.process().send_signal(SIGTERM);
    CHECK(time_of([&] { CHECK(ended_well(daemon.process().wait_for_end())); }) < 3s);
    if (pause == 300ms) break;
    daemon.write("aliases", "user: user@example.com\n");
    daemon.start();
    daemon.write("aliases", aliases);
  }
}
