// What the passing of time does to the daemon: a system clock that is set, and a stop while edits are being sent.
#include <csignal>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "support/catch.h"
#include "support/daemon_process.h"
#include "wire/daemon_life.h"
#include "wire/messages.h"

using namespace shorthop::test;
using namespace std::chrono_literals;

namespace {

/// A daemon whose data may be an hour old, and the clock that it sees.
class ClockedDaemon {
 public:
  explicit ClockedDaemon(std::chrono::hours ahead) {
    set_clock(ahead);
    Setup setup;
    setup.more_relay = "max-age = 1h\n";
    setup.environment = {{"LD_PRELOAD", SHORTHOP_BINARY_DIR "/set-clock.so"},
                         {"SHORTHOP_CLOCK", clock()},
                         {"ASAN_OPTIONS", "verify_asan_link_order=0"}};
    daemon_ = std::make_unique<DaemonProcess>(setup);
  }

  void set_clock(std::chrono::hours ahead) const { std::ofstream(clock()) << std::chrono::seconds(ahead).count(); }
  /// Sets the clock of the running daemon, and waits until it has noticed.
  void change_clock(std::chrono::hours ahead) const {
    const std::string news = "the system clock was set";
    const auto before = daemon_->count_in_log(news);
    set_clock(ahead);
    for (int i = 0; i < 1000 && daemon_->count_in_log(news) == before; ++i) std::this_thread::sleep_for(10ms);
  }
  Lines edits() const {
    FakeMta mta(daemon_->socket());
    mta.greet();
    return mta.send(to({relayed("<user@example.org>")})).lines();
  }
  bool is_stale() const {
    daemon_->tool({"status"});
    return read_text(daemon_->file("tool-output")).find(" stale=") != std::string::npos;
  }

 private:
  std::string clock() const { return (directory_.path() / "clock").string(); }

  TemporaryDirectory directory_;
  std::unique_ptr<DaemonProcess> daemon_;
};

}  // namespace

TEST_CASE("DESIGN 2.5: a clock that is set back does not make old data fresh", "[wire][daemon][clock]") {
  const ClockedDaemon daemon(0h);
  CHECK(daemon.edits() == user_rewritten);
  daemon.change_clock(-24h * 30);
  CHECK(daemon.edits().empty());
  CHECK(daemon.is_stale());
}

TEST_CASE("data that was loaded while the clock was slow is used when the clock is right", "[wire][daemon][clock]") {
  const ClockedDaemon daemon(-24h * 30);
  CHECK(daemon.edits().empty());
  daemon.change_clock(0h);
  CHECK_FALSE(daemon.is_stale());
  CHECK(daemon.edits() == user_rewritten);
}

TEST_CASE("edits that are not sent because the daemon is stopping are not logged as a fault of the MTA",
          "[wire][daemon][signals]") {
  DaemonProcess daemon;
  FakeMta slow(daemon.socket());  // does not read the edits, so that the daemon waits for it
  slow.greet();
  slow.mail({"<sender@example.net>"});
  for (int i = 0; i < 5000; ++i) slow.rcpt(relayed("<user+" + std::to_string(i) + "@example.org>"));
  slow.data();
  FakeMta late(daemon.socket());
  late.greet();
  late.mail({"<sender@example.net>"});
  late.rcpt(relayed("<user@example.org>"));
  late.data();
  slow.wire().put('E');
  slow.wire().flush();
  std::this_thread::sleep_for(300ms);
  daemon.process().send_signal(SIGTERM);
  for (int i = 0; i < 1000 && path_exists(daemon.file("milter.sock")); ++i) std::this_thread::sleep_for(1ms);
  std::this_thread::sleep_for(50ms);
  late.end_of_message();
  CHECK(late.edits().empty());
  CHECK_FALSE(daemon.wait_for_log("shorthopd is stopping: the recipients of this message are kept").empty());
  CHECK(daemon.count_in_log("could not be sent to the MTA") == 0);
}
