// The life of the daemon as a process: signals, starts beside another, stops, systemd's notifications.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <thread>

#include "support/catch.h"
#include "support/daemon_process.h"
#include "wire/messages.h"

using namespace shorthop::test;
using namespace std::chrono_literals;

namespace {

const Lines user_rewritten = {"add <user@example.com> ORCPT=rfc822;user@example.org", "delete <user@example.org>"};

bool stands_there(const std::filesystem::path& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0;
}

/// Clients that send messages until they are told to stop, and count what goes wrong.
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

/// Where a daemon started with NOTIFY_SOCKET tells systemd how it is (sd_notify(3)).
class Notifications {
 public:
  Notifications() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    const timeval limit{10, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~Notifications() { ::close(socket_); }
  Notifications(const Notifications&) = delete;
  Notifications& operator=(const Notifications&) = delete;
  Notifications(Notifications&&) = delete;
  Notifications& operator=(Notifications&&) = delete;
  std::string path() const { return (directory_.path() / "notify").string(); }
  std::string next() const {
    std::array<char, 4096> text{};
    const ssize_t got = ::recv(socket_, text.data(), text.size(), 0);
    return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
  }

 private:
  TemporaryDirectory directory_;
  int socket_;
};

}  // namespace

TEST_CASE("a thousand signals to reload never stop the daemon, nor spoil a message", "[wire][daemon][signals]") {
  DaemonProcess daemon;
  Load load(daemon);
  for (int i = 0; i < 1000; ++i) {
    daemon.process().send_signal(i % 3 == 0 ? SIGUSR1 : SIGHUP);
    std::this_thread::sleep_for(200us);  // some while a reload runs, some between two
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

TEST_CASE("a signal to reload that comes while the daemon is stopped does not end it", "[wire][daemon][signals]") {
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

TEST_CASE("SIGTERM and SIGINT end the daemon at once, under load too, with exit status 0", "[wire][daemon][signals]") {
  const int signal = GENERATE(SIGTERM, SIGINT);
  DaemonProcess daemon;
  const Load load(daemon);
  while (load.right() < 20) std::this_thread::sleep_for(1ms);
  const auto start = std::chrono::steady_clock::now();
  daemon.process().send_signal(signal);
  REQUIRE_FALSE(daemon.wait_for_log("stopped").empty());
  CHECK(std::chrono::steady_clock::now() - start < 3s);
  CHECK(load.wrong() == 0);  // the edits of a message come whole or not at all
  CHECK_FALSE(stands_there(daemon.file("milter.sock")));
  CHECK_FALSE(stands_there(daemon.file("control.sock")));
  const int status = daemon.process().stop();
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
}

TEST_CASE("a second daemon on the same sockets gives up, and the first one lives on", "[wire][daemon]") {
  DaemonProcess daemon;
  const TemporaryDirectory directory;
  ChildProcess second;
  second.start({SHORTHOP_BINARY_DIR "/shorthopd", "--config", daemon.file("shorthop.conf").string()},
               directory.path() / "log");
  CHECK_THROWS(second.wait_for_listener("unix:" + (directory.path() / "none").string()));  // until it has ended
  CHECK(read_text(directory.path() / "log").find("another process answers on") != std::string::npos);
  CHECK(stands_there(daemon.file("milter.sock")));
  CHECK(stands_there(daemon.file("control.sock")));
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
  daemon.write("aliases", "no colon\n");
  daemon.process().send_signal(SIGHUP);
  CHECK(notifications.next().starts_with("RELOADING=1\n"));
  CHECK(notifications.next() == "READY=1\nSTATUS=the last reload failed, see the log");
  daemon.process().send_signal(SIGTERM);
  CHECK(notifications.next() == "STOPPING=1");
}

TEST_CASE("sd_watchdog_enabled(3): the daemon beats while libmilter serves, and asks for patience to reload",
          "[wire][daemon]") {
  const Notifications notifications;
  Setup setup;
  setup.environment["NOTIFY_SOCKET"] = notifications.path();
  setup.environment["WATCHDOG_USEC"] = "300000";
  DaemonProcess daemon(setup);
  const std::string ready = notifications.next();
  if (ready.empty()) return;  // built without systemd
  CHECK(ready.ends_with("\nWATCHDOG_USEC=300000"));
  const auto begin = std::chrono::steady_clock::now();
  for (int beat = 0; beat < 4; ++beat) CHECK(notifications.next() == "WATCHDOG=1");
  CHECK(std::chrono::steady_clock::now() - begin >= 290ms);
  daemon.process().send_signal(SIGHUP);
  std::string next;
  while ((next = notifications.next()) == "WATCHDOG=1") continue;
  CHECK(next.starts_with("RELOADING=1\n"));
  CHECK(next.ends_with("\nWATCHDOG_USEC=600000000"));
  CHECK(notifications.next().ends_with("\nWATCHDOG_USEC=300000"));
  CHECK(notifications.next() == "WATCHDOG=1");
  FakeMta mta(daemon.socket());
  mta.greet();
  CHECK(mta.send(to({relayed("<user@example.org>")})).lines() == user_rewritten);
}

TEST_CASE("socket-mode and socket-group are set on the milter's socket", "[wire][daemon]") {
  Setup setup;
  setup.more_main = "socket-mode = 0620\n";
  DaemonProcess daemon(setup);
  struct stat status{};
  REQUIRE(::lstat(daemon.file("milter.sock").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0620U);
}

TEST_CASE("a log that nobody reads holds up no mail", "[wire][daemon][log]") {
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
  for (int i = 0; i < 2000; ++i)  // several times what a pipe holds
    if (mta.send(to({relayed("<user@example.org>")})).lines() == user_rewritten) ++right;
  CHECK(right == 2000);
  CHECK_NOTHROW(mta.quit());
  const int status = daemon.process().stop();
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  ::close(ends[0]);
  ::close(ends[1]);
}
