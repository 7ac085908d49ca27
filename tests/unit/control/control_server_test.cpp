#include "control/control_server.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <array>
#include <thread>

#include "support/catch.h"
#include "support/temporary_directory.h"
#include "support/unix_sockets.h"

using namespace shorthop;
using namespace shorthop::test;
using namespace std::chrono_literals;

namespace {

/// A control server whose event loop is run by hand.
struct Fixture {
  Fixture()
      : path(directory.file("c").string()), server(listen(), [this](std::string_view request, auto client) {
          requests.emplace_back(request);
          if (request != "later") return ControlServer::Reply(answer);
          return ControlServer::Reply([this, client] { waiting.push_back(client); });
        }) {}

  Descriptor listen() const {
    auto listener = listen_for_control(Endpoint::unix_socket(path));
    REQUIRE(listener);
    return std::move(*listener);
  }

  /// One iteration; `later` advances the clock.
  void turn(std::chrono::milliseconds later = 0ms) {
    auto ready = server.pollfds();
    ::poll(ready.data(), ready.size(), 20);
    server.serve(ready, ControlServer::Clock::now() + later);
  }

  int client() const {
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const auto address = unix_address(path);
    REQUIRE(::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return descriptor;
  }

  /// The data received so far, and whether the server has closed.
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
  std::vector<ControlServer::ClientNumber> waiting;
  ControlServer server;
};

}  // namespace

TEST_CASE("an answer ends with its exit status, and is invalid without it", "[control]") {
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

TEST_CASE_METHOD(Fixture, "a request is a line, and its answer ends the connection", "[control]") {
  const int one = client();
  turn();
  put(one, "status\n");
  turn();
  CHECK(requests == std::vector<std::string>{"status"});
  CHECK(received(one) == std::pair<std::string, bool>{"fine\nexit 0\n", true});
  ::close(one);
}

TEST_CASE_METHOD(Fixture, "a request that comes in pieces is one request", "[control]") {
  const int one = client();
  for (const auto* piece : {"sta", "tus", " json", "\n"}) {
    put(one, piece);
    turn();
    turn();
  }
  CHECK(requests == std::vector<std::string>{"status json"});
  ::close(one);
}

TEST_CASE_METHOD(Fixture, "a request that reaches the limit of length without a newline is refused", "[control]") {
  const int one = client();
  put(one, std::string(control::max_request, 'x'));
  turn();
  turn();
  CHECK(requests.empty());
  CHECK(control::decoded(received(one).first)->exit_status == 64);
  ::close(one);
}

TEST_CASE_METHOD(Fixture, "a silent client is dropped after the time limit, others are served meanwhile", "[control]") {
  const int silent = client();
  const int other = client();
  turn();
  CHECK(server.poll_timeout(ControlServer::Clock::now()) > 0);
  put(other, "status\n");
  turn();
  CHECK(received(other).first == "fine\nexit 0\n");
  turn(ControlServer::max_request_time + 1s);
  CHECK(received(silent).second);
  CHECK(server.poll_timeout(ControlServer::Clock::now()) == -1);
  ::close(silent);
  ::close(other);
}

TEST_CASE_METHOD(Fixture, "a client that leaves early does no harm", "[control]") {
  ::close(client());
  turn();
  turn();
  const int one = client();
  put(one, "status\n");
  ::shutdown(one, SHUT_RDWR);
  ::close(one);
  turn();
  turn();
  CHECK(server.poll_timeout(ControlServer::Clock::now()) == -1);
}

TEST_CASE_METHOD(Fixture, "an answer larger than the socket's buffer arrives whole", "[control]") {
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

TEST_CASE_METHOD(Fixture, "at the limit of clients, the one that has been silent longest is dropped", "[control]") {
  std::vector<int> silent;
  for (std::size_t i = 0; i < ControlServer::max_clients; ++i) {
    silent.push_back(client());
    turn();
  }
  const int late = client();
  put(late, "status\n");
  turn();
  CHECK(received(late).first == "fine\nexit 0\n");
  CHECK(received(silent.front()).second);
  CHECK_FALSE(received(silent.back()).second);
  for (const int descriptor : silent) ::close(descriptor);
  ::close(late);
}

TEST_CASE_METHOD(Fixture, "hundreds of silent clients do not delay an answer", "[control]") {
  std::vector<int> silent;
  for (int i = 0; i < 400; ++i) {  // both ends together stay below the usual limit of 1024 descriptors
    silent.push_back(client());
    turn();
  }
  const int one = client();
  put(one, "status\n");
  const auto start = ControlServer::Clock::now();
  turn();
  CHECK(received(one).first == "fine\nexit 0\n");
  CHECK(ControlServer::Clock::now() - start < 100ms);
  for (const int descriptor : silent) ::close(descriptor);
  ::close(one);
}

TEST_CASE_METHOD(Fixture, "a client that sent half a request is dropped after the same time as a silent one",
                 "[control]") {
  const int half = client();
  put(half, "sta");
  turn();
  CHECK_FALSE(received(half).second);
  turn(ControlServer::max_request_time);
  CHECK(received(half).second);
  CHECK(requests.empty());
  ::close(half);
}

TEST_CASE_METHOD(Fixture, "an answer may come later, and others are served meanwhile", "[control]") {
  const int patient = client();
  put(patient, "later\n");
  turn();
  REQUIRE(waiting.size() == 1);
  CHECK(server.poll_timeout(ControlServer::Clock::now()) == -1);  // no time limit while the answer is prepared
  const int other = client();
  put(other, "status\n");
  turn();
  CHECK(received(other).first == "fine\nexit 0\n");
  turn(1h);
  CHECK(received(patient) == std::pair(std::string(), false));
  server.answer(waiting[0], {"done\n", 78}, ControlServer::Clock::now());
  turn();
  CHECK(received(patient) == std::pair(std::string("done\nexit 78\n"), true));
  ::close(patient);
  ::close(other);
}

TEST_CASE_METHOD(Fixture, "a client that leaves before its answer comes is forgotten", "[control]") {
  const int one = client();
  put(one, "later\n");
  turn();
  ::close(one);
  turn();
  REQUIRE(waiting.size() == 1);
  server.answer(waiting[0], {"done\n", 0}, ControlServer::Clock::now());
  turn();
  CHECK(server.pollfds().size() == 1);  // the listener
}

TEST_CASE_METHOD(Fixture, "clients that wait for their answers never use up the limit of clients", "[control]") {
  std::vector<int> many;
  for (std::size_t i = 0; i < 2 * ControlServer::max_clients; ++i) {
    many.push_back(client());
    put(many.back(), "later\n");
    turn();
  }
  CHECK(received(many.front()) == std::pair(std::string(), false));
  CHECK(received(many.back()).first == "too many requests wait for their answers\nexit 75\n");
  CHECK(waiting.size() == ControlServer::max_waiting);  // a refused request is not started
  put(many.emplace_back(client()), "status\n");
  turn();
  CHECK(received(many.back()).first == "fine\nexit 0\n");
  for (const int descriptor : many) ::close(descriptor);
}

TEST_CASE_METHOD(Fixture, "clients that do not read their answers never use up the limit of clients", "[control]") {
  answer.text = std::string(1'000'000, 'x') + "\n";
  std::vector<int> many;
  for (std::size_t i = 0; i < ControlServer::max_clients; ++i) {
    many.push_back(client());
    put(many.back(), "status\n");
    turn();
  }
  answer.text = "fine\n";
  put(many.emplace_back(client()), "status\n");
  turn();
  CHECK(received(many.back()).first == "fine\nexit 0\n");
  for (const int descriptor : many) ::close(descriptor);
}

TEST_CASE_METHOD(Fixture, "if no descriptor is free for another client, the server accepts none for a moment",
                 "[control]") {
  const int one = client();
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const int lowest_free = ::dup(STDERR_FILENO);
  ::close(lowest_free);
  const rlimit none_left{static_cast<rlim_t>(lowest_free), before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none_left) == 0);
  turn();
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(server.pollfds().empty());
  CHECK(server.poll_timeout(ControlServer::Clock::now()) > 0);
  std::this_thread::sleep_for(110ms);
  put(one, "status\n");
  turn();
  CHECK(received(one).first == "fine\nexit 0\n");
  ::close(one);
}

TEST_CASE_METHOD(Fixture, "only the owner and the group of the socket may connect", "[control]") {
  CHECK(std::filesystem::status(path).permissions() == std::filesystem::perms{0660});
}
