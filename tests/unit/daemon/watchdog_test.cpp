// The watchdog with listeners that serve, that accept nothing, and that are gone.
#include "daemon/watchdog.h"

#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "support/catch.h"
#include "support/temporary_directory.h"
#include "support/unix_sockets.h"

using namespace shorthop;
using namespace shorthop::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

/// A listener whose connections are accepted by the test.
class Milter {
 public:
  explicit Milter(const std::string& path) : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
    const auto address = unix_address(path);
    REQUIRE(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_, 1) == 0);
  }
  ~Milter() { ::close(listener_); }
  Milter(const Milter&) = delete;
  Milter& operator=(const Milter&) = delete;
  Milter(Milter&&) = delete;
  Milter& operator=(Milter&&) = delete;

  /// Accepts a connection, answers and closes it; returns the data received, empty if there is no connection.
  std::string serve(const std::string& answer = "") const {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
    if (client < 0) return "";
    std::string said(16, '\0');
    const ssize_t got = ::recv(client, said.data(), said.size(), 0);
    said.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    if (!answer.empty()) ::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
    ::close(client);
    return said;
  }

  /// Accepts a connection and closes it unread, so that the peer sees a reset.
  bool refuse() const {
    const int client = ::accept(listener_, nullptr, nullptr);
    return client >= 0 && ::close(client) == 0;
  }

 private:
  int listener_;
};

struct Watched {
  explicit Watched(const std::string& path) : watchdog(Endpoint::unix_socket(path), seconds(60), [this] { ++beats; }) {}

  /// An iteration of the main loop at this time after the start.
  void turn(milliseconds after) {
    pollfd ready = watchdog.pollfds();
    ::poll(&ready, 1, 0);
    watchdog.serve(ready, start + after);
  }

  int beats = 0;
  Watchdog::Clock::time_point start = Watchdog::Clock::now() + seconds(1);
  Watchdog watchdog;
};

}  // namespace

TEST_CASE("sd_watchdog_enabled(3): a beat for each answered probe, three in a period", "[daemon][watchdog]") {
  const TemporaryDirectory directory;
  const Milter milter(directory.file("s"));
  Watched watched(directory.file("s"));
  CHECK(watched.watchdog.poll_timeout(watched.start) == 0);  // the first at once
  for (int question = 0; question < 3; ++question) {
    const milliseconds now = question * seconds(20);
    watched.turn(now);
    CHECK(watched.beats == question);
    CHECK(watched.watchdog.poll_timeout(watched.start + now) == 20'000);
    CHECK(milter.serve() == std::string("\0\0\0\1Q", 5));
    watched.turn(now + milliseconds(1));
    CHECK(watched.beats == question + 1);
    watched.turn(now + seconds(19));
    CHECK(milter.serve().empty());  // no question before its time
  }
}

TEST_CASE("no beat and no second probe while the milter does not serve the connection", "[daemon][watchdog]") {
  const TemporaryDirectory directory;
  const Milter milter(directory.file("s"));
  Watched watched(directory.file("s"));
  for (int turn = 0; turn < 10; ++turn) watched.turn(turn * seconds(20));
  CHECK(watched.beats == 0);
  CHECK_FALSE(milter.serve().empty());
  CHECK(milter.serve().empty());  // there was only one question
  watched.turn(seconds(190));
  CHECK(watched.beats == 1);
}

TEST_CASE("a beat if the milter refuses connections because its descriptors are in use", "[daemon][watchdog]") {
  const TemporaryDirectory directory;
  const Milter milter(directory.file("s"));
  Watched watched(directory.file("s"));
  for (int question = 0; question < 3; ++question) {
    watched.turn(question * seconds(20));
    REQUIRE(milter.refuse());
    watched.turn(question * seconds(20) + seconds(1));
    CHECK(watched.beats == question + 1);
  }
}

TEST_CASE("no beat if the milter sends data before it closes, or if there is no listener", "[daemon][watchdog]") {
  const TemporaryDirectory directory;
  {
    const Milter milter(directory.file("s"));
    Watched watched(directory.file("s"));
    watched.turn(seconds(0));
    milter.serve("O");
    watched.turn(seconds(1));
    CHECK(watched.beats == 0);
  }
  Watched alone(directory.file("s"));
  alone.turn(seconds(0));
  CHECK(alone.watchdog.pollfds().fd == -1);
  alone.turn(seconds(20));
  CHECK(alone.beats == 0);
}

TEST_CASE("without a watchdog period there are no probes and no wait", "[daemon][watchdog]") {
  Watchdog watchdog;
  const pollfd nothing = watchdog.pollfds();
  CHECK(nothing.fd == -1);
  CHECK(watchdog.poll_timeout(Watchdog::Clock::now()) == -1);
  watchdog.serve(nothing, Watchdog::Clock::now());
}
