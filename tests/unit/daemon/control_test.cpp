#include "daemon/control.h"

#include <fcntl.h>

#include <array>
#include <thread>

#include "support/catch.h"
#include "unit/daemon/temporary_directory.h"
#include "unit/daemon/unix_sockets.h"

using namespace shorthop;
using namespace shorthop::test;
using namespace std::chrono_literals;

namespace {

/// A control server whose event loop is turned by hand.
struct Fixture {
  Fixture()
      : path(directory.file("c").string()), server(listen(), [this](std::string_view request) {
          requests.emplace_back(request);
          return answer;
        }) {}

  int listen() const {
    const auto listener = listen_for_control(parse_socket_name("unix:" + path));
    REQUIRE(listener);
    return *listener;
  }

  /// One turn; `later` makes the clock go on.
  void turn(std::chrono::milliseconds later = 0ms) {
    auto ready = server.waits_for();
    ::poll(ready.data(), ready.size(), 20);
    server.serve(ready, ControlServer::Clock::now() + later);
  }

  int client() const {
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const auto address = unix_address(path);
    REQUIRE(::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return descriptor;
  }

  /// What has come so far, and whether the server has closed.
  static std::pair<std::string, bool> received(int descriptor) {
    std::string text;
    std::array<char, 4096> piece{};
    for (;;) {
      const ssize_t got = ::recv(descriptor, piece.data(), piece.size(), MSG_DONTWAIT);
      if (got <= 0) return {text, got == 0};
      text.append(piece.data(), static_cast<std::size_t>(got));
    }
  }

  static void put(int descriptor, std::string_view text) {
    CHECK(::send(descriptor, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
  }

  TemporaryDirectory directory;
  std::string path;
  control::Answer answer{"fine\n", 0};
  std::vector<std::string> requests;
  ControlServer server;
};

}  // namespace

TEST_CASE("an answer ends with its exit status, and is nothing without", "[daemon][control]") {
  CHECK(control::encoded({"a\nb\n", 78}) == "a\nb\nexit 78\n");
  CHECK(control::decoded("a\nb\nexit 78\n")->text == "a\nb\n");
  CHECK(control::decoded("a\nb\nexit 78\n")->exit_status == 78);
  CHECK(control::decoded("exit 0\n")->text.empty());
  for (const auto* cut :
       {"", "a\n", "a\nexit 78", "a\nexit \n", "exit x\n", "exit 1234\n", "exit 256\n", "exit -1\n", "aexit 0\n"}) {
    INFO(cut);
    CHECK_FALSE(control::decoded(cut));
  }
}

TEST_CASE_METHOD(Fixture, "a request is a line, and its answer ends the connection", "[daemon][control]") {
  const int one = client();
  turn();
  put(one, "status\n");
  turn();
  CHECK(requests == std::vector<std::string>{"status"});
  CHECK(received(one) == std::pair<std::string, bool>{"fine\nexit 0\n", true});
  ::close(one);
}

TEST_CASE_METHOD(Fixture, "a request that comes in pieces is one request", "[daemon][control]") {
  const int one = client();
  for (const auto* piece : {"sta", "tus", " json", "\n"}) {
    put(one, piece);
    turn();
    turn();
  }
  CHECK(requests == std::vector<std::string>{"status json"});
  ::close(one);
}

TEST_CASE_METHOD(Fixture, "a request without end is refused", "[daemon][control]") {
  const int one = client();
  put(one, std::string(control::longest_request, 'x'));
  turn();
  turn();
  CHECK(requests.empty());
  CHECK(control::decoded(received(one).first)->exit_status == 64);
  ::close(one);
}

TEST_CASE_METHOD(Fixture, "who says nothing is dropped after the time limit, others are served meanwhile",
                 "[daemon][control]") {
  const int silent = client();
  const int other = client();
  turn();
  CHECK(server.milliseconds_left(ControlServer::Clock::now()) > 0);
  put(other, "status\n");
  turn();
  CHECK(received(other).first == "fine\nexit 0\n");
  turn(ControlServer::time_limit + 1s);
  CHECK(received(silent).second);
  CHECK(server.milliseconds_left(ControlServer::Clock::now()) == -1);
  ::close(silent);
  ::close(other);
}

TEST_CASE_METHOD(Fixture, "who leaves early does no harm", "[daemon][control]") {
  ::close(client());
  turn();
  turn();
  const int one = client();
  put(one, "status\n");
  ::shutdown(one, SHUT_RDWR);
  ::close(one);
  turn();
  turn();
  CHECK(server.milliseconds_left(ControlServer::Clock::now()) == -1);
}

TEST_CASE_METHOD(Fixture, "an answer larger than the socket's buffer arrives whole", "[daemon][control]") {
  answer.text = std::string(5'000'000, 'x') + "\n";
  const int one = client();
  put(one, "status\n");
  std::string all;
  bool closed = false;
  for (int i = 0; i < 10'000 && !closed; ++i) {
    turn();
    const auto [text, end] = received(one);
    all += text;
    closed = end;
  }
  CHECK(closed);
  CHECK(control::decoded(all)->text.size() == answer.text.size());
  ::close(one);
}

TEST_CASE_METHOD(Fixture, "more clients than places wait until a place is free", "[daemon][control]") {
  std::vector<int> silent;
  for (std::size_t i = 0; i < ControlServer::clients_at_once; ++i) silent.push_back(client());
  turn();
  const int late = client();
  put(late, "status\n");
  turn();
  CHECK(requests.empty());
  ::close(silent.back());
  silent.pop_back();
  for (int i = 0; i < 3; ++i) turn();
  CHECK(requests.size() == 1);
  for (const int descriptor : silent) ::close(descriptor);
  ::close(late);
}

TEST_CASE_METHOD(Fixture, "only its owner and group may connect", "[daemon][control]") {
  CHECK(std::filesystem::status(path).permissions() == std::filesystem::perms{0660});
}
