// The life of the daemon as a process: signals, concurrent starts, stops, notifications to systemd.
#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <map>
#include <thread>

#include "support/catch.h"
#include "support/daemon_process.h"
#include "wire/daemon_life.h"
#include "wire/messages.h"

using namespace shorthop::test;
using namespace std::chrono_literals;

namespace {

/// Clients that send messages until stop(), and count the results.
class Load {
 public:
  explicit Load(const DaemonProcess& daemon) {
    for (int i = 0; i < 4; ++i) clients_.emplace_back([this, socket = daemon.socket()] { run(socket); });
  }
  ~Load() { stop(); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  Load(Load&&) = delete;
  Load& operator=(Load&&) = delete;
  void stop() {
    is_over_ = true;
    clients_.clear();
  }
  unsigned right() const { return right_; }
  unsigned left_alone() const { return left_alone_; }
  unsigned wrong() const { return wrong_; }
  unsigned broken() const { return broken_; }

 private:
  void run(const std::string& socket) try {
    while (!is_over_) {
      FakeMta mta(socket);
      mta.greet();
      for (int i = 0; i < 10 && !is_over_; ++i) {
        const Lines lines = mta.send(to({relayed("<user@example.org>")})).lines();
        if (lines == user_rewritten)
          ++right_;
        else if (lines.empty())
          ++left_alone_;
        else
          ++wrong_;
      }
      mta.quit();
    }
  } catch (const std::exception&) {
    ++broken_;
  }

  std::atomic<bool> is_over_ = false;
  std::atomic<unsigned> right_ = 0;
  std::atomic<unsigned> left_alone_ = 0;
  std::atomic<unsigned> wrong_ = 0;
  std::atomic<unsigned> broken_ = 0;
  std::vector<std::jthread> clients_;
};

}  // namespace

TEST_CASE("a thousand signals to reload neither stop the daemon nor spoil a message", "[wire][daemon][signals]") {
  DaemonProcess daemon;
  Load load(daemon);
  for (int i = 0; i < 1000; ++i) {
    daemon.process().send_signal(i % 3 == 0 ? SIGUSR1 : SIGHUP);
    std::this_thread::sleep_for(200us);  // some arrive during a reload, some between two
  }
  REQUIRE_FALSE(daemon.wait_for_log("reloaded").empty());
  load.stop();
  CHECK(daemon.process().is_running());
  CHECK(load.right() > 0);
  CHECK(load.left_alone() == 0);
  CHECK(load.wrong() == 0);
  CHECK(load.broken() == 0);
  const int status = daemon.process().stop();
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
}

TEST_CASE("a reload signal to a stopped (SIGSTOP) daemon does not end it", "[wire][daemon][signals]") {
  DaemonProcess daemon;
  for (int i = 0; i < 20; ++i) {
    daemon.process().send_signal(SIGSTOP);
    daemon.process().send_signal(SIGUSR1);
    daemon.process().send_signal(SIGHUP);
    daemon.process().send_signal(SIGCONT);
    std::this_thread::sleep_for(1ms);
  }
  REQUIRE_FALSE(daemon.wait_for_log("reloaded").empty());
  FakeMta mta(daemon.socket());
  mta.greet();
  CHECK(mta.send(to({relayed("<user@example.org>")})).lines() == user_rewritten);
  CHECK_NOTHROW(mta.quit());
  CHECK(daemon.process().is_running());
}

TEST_CASE("SIGTERM and SIGINT end the daemon at once, even under load, with exit status 0", "[wire][daemon][signals]") {
  const int signal = GENERATE(SIGTERM, SIGINT);
  DaemonProcess daemon;
  const Load load(daemon);
  while (load.right() < 20) std::this_thread::sleep_for(1ms);
  const auto start = std::chrono::steady_clock::now();
  daemon.process().send_signal(signal);
  REQUIRE_FALSE(daemon.wait_for_log("stopped").empty());
  CHECK(std::chrono::steady_clock::now() - start < 3s);
  CHECK(load.wrong() == 0);  // the edits of a message arrive completely or not at all
  CHECK_FALSE(path_exists(daemon.file("milter.sock")));
  CHECK_FALSE(path_exists(daemon.file("control.sock")));
  const int status = daemon.process().stop();
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
}

TEST_CASE("a second daemon on the same sockets exits, and the first keeps running", "[wire][daemon]") {
  DaemonProcess daemon;
  const TemporaryDirectory directory;
  ChildProcess second;
  second.start({SHORTHOP_BINARY_DIR "/shorthopd", "--config", daemon.file("shorthop.conf").string()},
               directory.path() / "log");
  CHECK_THROWS(second.wait_for_listener("unix:" + (directory.path() / "none").string()));  // waits until it has ended
  CHECK(read_text(directory.path() / "log").find("another process holds the lock") != std::string::npos);
  CHECK(path_exists(daemon.file("milter.sock")));
  CHECK(path_exists(daemon.file("control.sock")));
  FakeMta mta(daemon.socket());
  mta.greet();
  CHECK(mta.send(to({relayed("<user@example.org>")})).lines() == user_rewritten);
}

TEST_CASE("sd_notify(3): READY when it serves, RELOADING around a reload, STOPPING at the end", "[wire][daemon]") {
  const Notifications notifications;
  Setup setup;
  setup.environment["NOTIFY_SOCKET"] = notifications.path();
  DaemonProcess daemon(setup);
  const std::string ready = notifications.next();
  if (ready.empty()) return;  // built without systemd
  CHECK(ready.starts_with("READY=1\nSTATUS=1 relay domain of 1 primary, mode rewrite"));
  daemon.process().send_signal(SIGHUP);
  CHECK(notifications.next().starts_with("RELOADING=1\nMONOTONIC_USEC="));
  CHECK(notifications.next().starts_with("READY=1\n"));
  daemon.write("relay.d/example.org.conf", "domians = example.org\n");
  daemon.process().send_signal(SIGHUP);
  CHECK(notifications.next().starts_with("RELOADING=1\n"));
  CHECK(notifications.next() == "READY=1\nSTATUS=the last reload failed, see the log");
  daemon.process().send_signal(SIGTERM);
  CHECK(notifications.next() == "STOPPING=1");
}

TEST_CASE("a hundred silent clients of the control socket do not block others", "[wire][daemon][control]") {
  DaemonProcess daemon;
  std::vector<Wire> silent;
  silent.reserve(100);
  for (int i = 0; i < 100; ++i) silent.emplace_back("unix:" + daemon.file("control.sock").string());
  for (int i = 0; i < 10; ++i) CHECK(time_of([&] { CHECK(answer_to(daemon, "status").ends_with("\nexit 0\n")); }) < 1s);
  CHECK(time_of([&] { CHECK(daemon.tool({"status"}) == 0); }) < 2s);
  CHECK(time_of([&] { CHECK(daemon.tool({"reload"}) == 0); }) < 4s);
}

TEST_CASE("if two daemons start at once on the same sockets, one serves, and its sockets exist", "[wire][daemon]") {
  DaemonProcess daemon;
  const std::vector<std::string> command = {SHORTHOP_BINARY_DIR "/shorthopd", "--config",
                                            daemon.file("shorthop.conf").string()};
  const std::map<std::string, std::string> environment = {{"LD_PRELOAD", SHORTHOP_BINARY_DIR "/slow-unlink.so"},
                                                          {"ASAN_OPTIONS", "verify_asan_link_order=0"}};
  daemon.process().kill_now();  // leaves its sockets and lock files behind
  for (int pair = 0; pair < 20; ++pair) {
    INFO("pair " << pair);
    std::array<ChildProcess, 2> both;
    for (auto& one : both) one.start(command, daemon.file("log"), environment);
    for (int i = 0; i < 5000 && both[0].is_running() && both[1].is_running(); ++i) std::this_thread::sleep_for(2ms);
    CHECK(both[0].is_running() != both[1].is_running());
    ChildProcess& winner = both[both[0].is_running() ? 0 : 1];
    REQUIRE_NOTHROW(winner.wait_for_listener(daemon.socket()));
    CHECK(answer_to(daemon, "status").ends_with("\nexit 0\n"));
    FakeMta mta(daemon.socket());
    mta.greet();
    CHECK(mta.send(to({relayed("<user@example.org>")})).lines() == user_rewritten);
    if (pair % 2 == 0) CHECK(ended_well(winner.stop()));
  }
}

TEST_CASE("without free descriptors the daemon refuses connections at once, serves the others, and does not spin",
          "[wire][daemon]") {
  DaemonProcess daemon;
  daemon.process().stop();
  daemon.process().start(
      {"/bin/sh", "-c",
       "ulimit -n 64; exec " SHORTHOP_BINARY_DIR "/shorthopd --config " + daemon.file("shorthop.conf").string()},
      daemon.file("log"));
  daemon.process().wait_for_listener(daemon.socket());
  FakeMta early(daemon.socket());
  early.greet();
  std::vector<Wire> many;
  many.reserve(100);
  for (int i = 0; i < 100; ++i) many.emplace_back(daemon.socket());
  const auto used = daemon.process().processor_time();
  CHECK(time_of([&] { CHECK(many.back().drain().empty()); }) < 1s);  // the MTA continues without a milter
  CHECK(early.send(to({relayed("<user@example.org>")})).lines() == user_rewritten);
  std::this_thread::sleep_for(500ms);
  CHECK(daemon.process().processor_time() - used < 200ms);
  CHECK(answer_to(daemon, "status").find("connections-refused") != std::string::npos);
  CHECK(answer_to(daemon, "reload").ends_with("\nexit 0\n"));  // some descriptors are kept free for files
  CHECK_FALSE(daemon.wait_for_log("raise the limit of open files").empty());
  many.clear();
  std::this_thread::sleep_for(100ms);
  FakeMta late(daemon.socket());
  late.greet();
  CHECK(late.send(to({relayed("<user@example.org>")})).lines() == user_rewritten);
}

TEST_CASE("status shows the number of lines lost to a full disk", "[wire][daemon][log]") {
  DaemonProcess daemon;
  daemon.process().stop();
  daemon.process().start({SHORTHOP_BINARY_DIR "/shorthopd", "--config", daemon.file("shorthop.conf").string()},
                         "/dev/full");
  daemon.process().wait_for_listener(daemon.socket());
  FakeMta mta(daemon.socket());
  mta.greet();
  CHECK(mta.send(to({relayed("<user@example.org>")})).lines() == user_rewritten);
  std::string lost = "0";
  for (int i = 0; i < 500 && lost == "0"; ++i) {
    const std::string status = answer_to(daemon, "status");
    const auto at = status.find("log-lines-lost       ");
    REQUIRE(at != std::string::npos);
    lost = status.substr(at + 21, status.find('\n', at) - at - 21);
    std::this_thread::sleep_for(2ms);
  }
  CHECK(lost != "0");
}

TEST_CASE("file names send no escape sequence and no forged line to a terminal", "[wire][daemon]") {
  DaemonProcess daemon;
  const std::string odd = "\x1b[2J\x1b]0;t\x07x\nforged: line\r\xc3\xbc";
  daemon.write("relay.d/" + odd + ".conf", "domains = example.net\nprimary = 192.0.2.11\naliases-map = x\n");
  daemon.write("relay.d/b.conf", "domains = example.edu\nprimary = 192.0.2.12\nalias-maps = text:../" +
                                     odd.substr(0, odd.find('\n')) + "\n");
  const auto is_clean = [](const std::string& text) {
    INFO(text);
    CHECK(std::ranges::all_of(text, [](char c) { return c == '\n' || (c >= 0x20 && c < 0x7f); }));
    CHECK(text.find("\nforged") == std::string::npos);
    CHECK(text.find("\\x1b[2J") != std::string::npos);
  };
  CHECK(daemon.tool({"reload"}) != 0);
  is_clean(read_text(daemon.file("tool-output")));
  CHECK(daemon.tool({"check"}) != 0);
  is_clean(read_text(daemon.file("tool-output")));
  daemon.process().stop();
  std::filesystem::remove(daemon.file("log"));
  CHECK_THROWS(daemon.start());
  is_clean(daemon.log());
}

TEST_CASE("socket-mode is set on the milter's socket", "[wire][daemon]") {
  Setup setup;
  setup.more_main = "socket-mode = 0620\n";
  DaemonProcess daemon(setup);
  struct stat status{};
  REQUIRE(::lstat(daemon.file("milter.sock").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0620U);
}

TEST_CASE("a log without a reader does not delay mail", "[wire][daemon][log]") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  Setup setup;
  setup.more_main = "log-level = debug\n";
  DaemonProcess daemon(setup);
  const auto never_read = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(ends[1]);
  daemon.process().stop();
  daemon.process().start({SHORTHOP_BINARY_DIR "/shorthopd", "--config", daemon.file("shorthop.conf").string()},
                         never_read);
  daemon.process().wait_for_listener(daemon.socket());
  FakeMta mta(daemon.socket(), {}, 2s);
  mta.greet();
  unsigned right = 0;
  for (int i = 0; i < 2000; ++i)  // several times the capacity of a pipe
    if (mta.send(to({relayed("<user@example.org>")})).lines() == user_rewritten) ++right;
  CHECK(right == 2000);
  CHECK_NOTHROW(mta.quit());
  const int status = daemon.process().stop();
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  ::close(ends[0]);
  ::close(ends[1]);
}
