#include "daemon/libmilter_guard.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <optional>
#include <string>

#include "support/catch.h"

using namespace shorthop;
using namespace std::chrono_literals;
using namespace std::string_literals;

extern "C" char* mi_rd_cmd(int socket, timeval* limit, char* command, std::size_t* length, char* name);
extern "C" int smfi_version(unsigned* major, unsigned* minor, unsigned* patch);
extern "C" int mi_wr_cmd(int socket, timeval* limit, int command, char* data, std::size_t length);

namespace {

std::atomic<int> refused = 0;

/// A connection between libmilter and an MTA.
struct Connection {
  Connection() {
    unsigned version = 0;
    REQUIRE(::smfi_version(&version, nullptr, nullptr) == 0);  // links libmilter into this program
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    refused = 0;
    guard_libmilter(1 << 20, 50ms, [](ConnectionFault) { ++refused; });
  }
  ~Connection() {
    guard_libmilter(1 << 20, packet_time, nullptr);
    for (const int end : ends) ::close(end);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  Connection(Connection&&) = delete;
  Connection& operator=(Connection&&) = delete;

  void send(const std::string& bytes) const {
    REQUIRE(::send(ends[1], bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
  }
  /// Reads like libmilter: a command and its data, or nullopt.
  std::optional<std::string> read() const {
    timeval limit{7210, 0};
    char command = 0;
    std::size_t length = 0;
    char* data = ::mi_rd_cmd(ends[0], &limit, &command, &length, name);
    if (data == nullptr) return std::nullopt;
    std::string packet = command + std::string(data, length);
    std::free(data);
    return packet;
  }

  std::array<int, 2> ends{-1, -1};
  static inline char name[] = "test";
};

std::string framed(const std::string& packet) { return "\0\0\0"s + static_cast<char>(packet.size()) + packet; }

}  // namespace

TEST_CASE("macros are pairs of NUL-terminated strings", "[daemon][guard]") {
  for (const auto& pairs : {""s, "R"s, "Ri\0x\0"s, "Ri\0\0"s, "R\0\0"s, "Ri\0x\0v\0y\0"s, "?i\0x\0"s}) {
    INFO(pairs);
    CHECK(are_pairs(pairs));
  }
  for (const auto& wrong : {"Ri"s, "R\0"s, "Ri\0"s, "Ri\0x"s, "Ri\0x\0v\0"s, "Ri\0x\0v\0y"s, "R\0\0\0"s, "Ri\0x\0v"s}) {
    INFO(wrong);
    CHECK_FALSE(are_pairs(wrong));
  }
}

TEST_CASE("libmilter gets macros that are pairs; for other macros it gets an error", "[daemon][guard]") {
  const Connection connection;
  connection.send(framed("DRi\0x\0"s));
  CHECK(connection.read() == "DRi\0x\0"s);
  CHECK(refused == 0);
  connection.send(framed("DRi\0x\0v\0"s));
  CHECK_FALSE(connection.read());
  CHECK(refused == 1);
  connection.send(framed("R<a@example.org>\0"s));
  CHECK(connection.read() == "R<a@example.org>\0"s);
}

TEST_CASE("last_offer() has the bits that the MTA sent, even if all are zero", "[daemon][guard]") {
  const Connection connection;
  connection.send(framed("O\0\0\0\6\0\0\1\xff\0\x1f\xff\xff"s));
  REQUIRE(connection.read());
  REQUIRE(last_offer());
  CHECK(last_offer()->actions == 0x1ff);
  CHECK(last_offer()->steps == 0x1fffff);
  connection.send(framed("O\0\0\0\6\0\0\0\0\0\0\0\0"s));
  REQUIRE(connection.read());
  CHECK(last_offer()->actions == 0);
  CHECK(last_offer()->steps == 0);
}

TEST_CASE("half a packet occupies a thread for packet_time at most, not for the hours of smfi_settimeout()",
          "[daemon][guard]") {
  const Connection connection;
  const auto half = GENERATE("\0"s, "\0\0\0\5"s, "\0\0\0\5RRR"s);
  connection.send(half);
  const auto start = std::chrono::steady_clock::now();
  CHECK_FALSE(connection.read());
  CHECK(std::chrono::steady_clock::now() - start < 5s);
}

TEST_CASE("an answer that the MTA does not read occupies a thread no longer than packet_time", "[daemon][guard]") {
  const Connection connection;
  const auto start = std::chrono::steady_clock::now();
  std::string answer(60'000, 'x');
  timeval limit{7210, 0};
  int written = 0;
  while (written < 1000 && ::mi_wr_cmd(connection.ends[0], &limit, 'y', answer.data(), answer.size()) == 0) ++written;
  CHECK(written < 1000);
  CHECK(std::chrono::steady_clock::now() - start < 5s);
}
