#include "system/sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <thread>
#include <vector>

#include "support/catch.h"
#include "support/temporary_directory.h"
#include "support/unix_sockets.h"

using namespace shorthop;
using namespace shorthop::test;

namespace {

bool path_exists(const std::filesystem::path& path) {
  return std::filesystem::exists(std::filesystem::symlink_status(path));
}

Endpoint named(const std::filesystem::path& path) { return Endpoint::unix_socket(path.string()); }

Endpoint on_port(std::uint16_t port, const std::string& host) {
  return Endpoint::tcp_socket(Endpoint::Type::inet, host, port);
}

mode_t mode_of(const std::filesystem::path& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
}

/// A TCP port of the loopback address. The port is in use as long as this object exists.
struct UsedPort {
  UsedPort() : descriptor(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    REQUIRE(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), length) == 0);
    REQUIRE(::listen(descriptor, 1) == 0);
    REQUIRE(::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length) == 0);
    port = ntohs(address.sin_port);
  }
  ~UsedPort() { ::close(descriptor); }
  UsedPort(const UsedPort&) = delete;
  UsedPort& operator=(const UsedPort&) = delete;
  UsedPort(UsedPort&&) = delete;
  UsedPort& operator=(UsedPort&&) = delete;
  int descriptor;
  std::uint16_t port = 0;
};

}  // namespace

TEST_CASE("a socket without a listener is removed", "[system][socket]") {
  const TemporaryDirectory directory;
  const auto path = directory.file("s");
  {
    REQUIRE(Listener(path).is_open());
  }
  REQUIRE(path_exists(path));
  CHECK_FALSE(prepare_address(named(path)));
  CHECK_FALSE(path_exists(path));
}

TEST_CASE("no client can connect while the address is tested: that client would be cut off at once",
          "[system][socket]") {
  const TemporaryDirectory directory;
  const auto path = directory.file("s");
  std::atomic<bool> is_over = false;
  std::atomic<int> connected = 0;
  std::jthread client([&] {
    while (!is_over)
      if (is_accepting(path)) ++connected;
  });
  for (int i = 0; i < 500; ++i) CHECK_FALSE(prepare_address(named(path)));
  is_over = true;
  client.join();
  CHECK(connected == 0);
}

TEST_CASE("a socket with a listener is left alone, and the failure is temporary", "[system][socket]") {
  const TemporaryDirectory directory;
  const auto path = directory.file("s");
  const Listener other(path);
  REQUIRE(other.is_open());
  const auto problem = prepare_address(named(path));
  REQUIRE(problem);
  CHECK(problem->what.find("another process answers on") != std::string::npos);
  CHECK(problem->error_class == ErrorClass::temporary);
  CHECK(is_accepting(path));
}

TEST_CASE("a listener with a full backlog counts as present", "[system][socket]") {
  const TemporaryDirectory directory;
  const auto path = directory.file("s");
  const Listener other(path);
  const auto address = unix_address(path);
  std::vector<int> waiting;
  for (int i = 0; i < 100; ++i) {
    const int client = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    waiting.push_back(client);
    if (::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) break;
  }
  REQUIRE(waiting.size() < 100);
  CHECK(prepare_address(named(path)));
  CHECK(path_exists(path));
  for (const int client : waiting) ::close(client);
}

TEST_CASE("a file, a directory or a link in place of the socket is never removed", "[system][socket]") {
  const TemporaryDirectory directory;
  const auto path = directory.file("s");
  SECTION("a file") { std::ofstream(path) << "precious"; }
  SECTION("a directory") { std::filesystem::create_directory(path); }
  SECTION("a link to nothing") { std::filesystem::create_symlink(directory.file("nothing"), path); }
  const auto problem = prepare_address(named(path));
  REQUIRE(problem);
  CHECK(problem->what == "the path exists and is not a socket");
  CHECK(problem->error_class == ErrorClass::settings);
  CHECK(path_exists(path));
}

TEST_CASE("a missing directory is named, with the command that makes it", "[system][socket]") {
  const TemporaryDirectory directory;
  const auto problem = prepare_address(named(directory.file("missing") / "s"));
  REQUIRE(problem);
  CHECK(problem->what == "the directory " + directory.file("missing").string() + " does not exist");
  CHECK(problem->fix.find("install -d") != std::string::npos);
  CHECK(problem->error_class == ErrorClass::settings);
}

TEST_CASE("a path that is too long for a socket is an error before anything is tried", "[system][socket]") {
  const auto problem = prepare_address(Endpoint::unix_socket("/tmp/" + std::string(108, 'x')));
  REQUIRE(problem);
  CHECK(problem->what == "the path is longer than 107 bytes");
}

TEST_CASE("a TCP port is free, in use, or invalid", "[system][socket]") {
  const UsedPort used;
  const auto problem = prepare_address(on_port(used.port, "127.0.0.1"));
  REQUIRE(problem);
  CHECK(problem->error_class == ErrorClass::temporary);
  CHECK_FALSE(prepare_address(on_port(0, "127.0.0.1")));
  const auto nonsense = prepare_address(on_port(10027, "::1"));
  REQUIRE(nonsense);
  CHECK(nonsense->error_class == ErrorClass::settings);
  CHECK(prepare_address(on_port(10027, "192.0.2.1")));  // not an address of this host
}

TEST_CASE("a UNIX socket gets the permissions of its SocketAccess and never has more, whatever the umask",
          "[system][socket]") {
  const TemporaryDirectory directory;
  const auto path = directory.file("s");
  const mode_t before = ::umask(0);
  {
    const SocketAccess access{.mode = 0660, .group = ::getegid()};
    const CreationMode creation(access);
    const Listener listener(path);
    REQUIRE(listener.is_open());
    CHECK((mode_of(path) & ~0660U) == 0);
    CHECK_FALSE(grant(named(path), access));
    CHECK(mode_of(path) == 0660);
  }
  CHECK(::umask(before) == 0);  // unchanged
}

TEST_CASE("an unknown group is an error of the settings", "[system][socket]") {
  const auto group = group_named("no-such-group-here");
  REQUIRE_FALSE(group);
  CHECK(group.error().what == "unknown group \"no-such-group-here\"");
  CHECK(group.error().error_class == ErrorClass::settings);
  CHECK(group_named("root").value() == 0);
}

TEST_CASE("flock(2): a socket's lock is held by one process at a time, and ends with its holder", "[system][socket]") {
  const TemporaryDirectory directory;
  const auto socket = named(directory.file("s"));
  {
    const auto first = SocketLock::take(socket);
    REQUIRE(first);
    const auto second = SocketLock::take(socket);
    REQUIRE_FALSE(second);
    CHECK(second.error().what == "another process holds the lock " + directory.file("s.lock").string());
    CHECK(second.error().error_class == ErrorClass::temporary);
  }
  CHECK_FALSE(path_exists(directory.file("s.lock")));
  CHECK(SocketLock::take(socket));
}

TEST_CASE("a lock file left behind does no harm", "[system][socket]") {
  const TemporaryDirectory directory;
  std::ofstream(directory.file("s.lock")) << "";
  CHECK(SocketLock::take(named(directory.file("s"))));
}

TEST_CASE("after the holder removed its lock file, a process that opened it before does not get the lock",
          "[system][socket]") {
  const TemporaryDirectory directory;
  const auto socket = named(directory.file("s"));
  std::atomic<unsigned> holders = 0;
  std::atomic<unsigned> most = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int turn = 0; turn < 2000; ++turn) {
        const auto lock = SocketLock::take(socket);
        if (!lock) continue;
        if (++holders > 1) most = 2;
        --holders;
      }
    });
  threads.clear();
  CHECK(most == 0);
}

TEST_CASE("a lock that cannot be taken is reported with a fix", "[system][socket]") {
  const TemporaryDirectory directory;
  const auto missing = SocketLock::take(named(directory.file("missing") / "s"));
  REQUIRE_FALSE(missing);
  CHECK(missing.error().what == "the directory " + directory.file("missing").string() + " does not exist");
  std::filesystem::create_directory(directory.file("s.lock"));
  const auto no_file = SocketLock::take(named(directory.file("s")));
  REQUIRE_FALSE(no_file);
  CHECK(no_file.error().what.starts_with("cannot open the lock file "));
  CHECK(no_file.error().error_class == ErrorClass::settings);
  CHECK(SocketLock::take(on_port(10027, "127.0.0.1")));
}

TEST_CASE("at the end our own socket is removed, a replacement by another process is not", "[system][socket]") {
  const TemporaryDirectory directory;
  const auto path = directory.file("s");
  const Listener first(path);
  auto lock = SocketLock::take(named(path));
  REQUIRE(lock);
  SocketFile own(named(path), std::move(*lock));
  SECTION("ours") {
    own.remove();
    CHECK_FALSE(path_exists(path));
  }
  SECTION("another's") {
    std::filesystem::rename(path, directory.file("aside"));
    const Listener second(path);
    own.remove();
    CHECK(path_exists(path));
  }
  CHECK_FALSE(path_exists(directory.file("s.lock")));
}
