// Connections to servers within a time limit.
#include "system/connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "support/catch.h"
#include "support/temporary_directory.h"
#include "support/unix_sockets.h"

using namespace shorthop;
using namespace shorthop::test;
using namespace std::chrono_literals;

namespace {

/// A listener on a loopback port. It never accepts.
class LoopbackListener {
 public:
  LoopbackListener() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0);
    REQUIRE(::listen(socket_.get(), 8) == 0);
    REQUIRE(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
    port_ = ntohs(address.sin_port);
  }
  std::uint16_t port() const { return port_; }
  Endpoint at(const std::string& host) const { return Endpoint::tcp_socket(Endpoint::Type::inet, host, port_); }

 private:
  Descriptor socket_;
  std::uint16_t port_ = 0;
};

struct Names final : HostAddresses {
  explicit Names(AddressAnswer given) : answer(std::move(given)) {}
  std::vector<AddressAnswer> look_up(const std::vector<std::string>& names) const override {
    return std::vector<AddressAnswer>(names.size(), answer);
  }
  AddressAnswer answer;
};

auto soon() { return std::chrono::steady_clock::now() + 2s; }

}  // namespace

TEST_CASE("a server is reached by its socket, address or name", "[system][connection]") {
  const TemporaryDirectory directory;
  const std::string path = directory.path() / "socket";
  const Listener listener(path);
  CHECK(connect_to(Endpoint::unix_socket(path), soon()));
  const LoopbackListener loopback;
  CHECK(connect_to(loopback.at("127.0.0.1"), soon()));
  const Names names(std::vector<std::string>{"127.0.0.1"});
  CHECK(connect_to(loopback.at("db.example.org"), soon(), &names));
}

TEST_CASE("if an address of the host refuses the connection, the next one is tried", "[system][connection]") {
  const LoopbackListener loopback;
  const Names names(std::vector<std::string>{"::1", "127.0.0.2", "127.0.0.1"});
  CHECK(connect_to(loopback.at("db.example.org"), soon(), &names));
}

TEST_CASE("an unreachable server and a slow server are two kinds of failure", "[system][connection]") {
  const auto missing = connect_to(Endpoint::unix_socket("/nonexistent/socket"), soon());
  REQUIRE_FALSE(missing);
  CHECK(missing.error().what == "no such file or directory");
  CHECK_FALSE(missing.error().is_timed_out);
  CHECK(connect_to(Endpoint::unix_socket(std::string(200, 'x')), soon()).error().what.contains("not valid"));
  const LoopbackListener loopback;
  CHECK(connect_to(loopback.at("127.0.0.1"), std::chrono::steady_clock::now() - 1s).error().is_timed_out);
  CHECK(connect_to(loopback.at("127.0.0.2"), soon()).error().what == "connection refused");
  const Names unknown{AddressAnswer()};
  CHECK(connect_to(loopback.at("db.example.org"), soon(), &unknown).error().what == no_addresses);
  const Names silent(std::unexpected("the DNS does not answer"));
  CHECK(connect_to(loopback.at("db.example.org"), soon(), &silent).error().what == "the DNS does not answer");
}

TEST_CASE("if the queue of a socket is full, connect_to() waits until the deadline", "[system][connection]") {
  const TemporaryDirectory directory;
  const std::string path = directory.path() / "socket";
  const Listener listener(path, 0);
  std::vector<Descriptor> waiting;
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 3; ++i) {
    auto connected = connect_to(Endpoint::unix_socket(path), begun + 200ms);
    if (connected) waiting.push_back(std::move(*connected));
    if (!connected) CHECK(connected.error().is_timed_out);
  }
  CHECK(waiting.size() < 3);
  CHECK(std::chrono::steady_clock::now() - begun < 2s);
}
