// UNIX sockets for tests: a listener, the stale file that it leaves, and a client.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>

namespace shorthop::test {

inline sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

/// Listens during its lifetime, with a backlog of `waiting` connections. The file stays, as after kill -9.
class Listener {
 public:
  explicit Listener(const std::string& path, int waiting = 1) : descriptor_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    const auto address = unix_address(path);
    is_open_ = ::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
               ::listen(descriptor_, waiting) == 0;
  }
  ~Listener() { ::close(descriptor_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  Listener(Listener&&) = delete;
  Listener& operator=(Listener&&) = delete;
  bool is_open() const { return is_open_; }

 private:
  int descriptor_;
  bool is_open_ = false;
};

/// Whether a connection to this path is accepted.
inline bool is_accepting(const std::string& path) {
  const int client = ::socket(AF_UNIX, SOCK_STREAM, 0);
  const auto address = unix_address(path);
  const bool connected = ::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(client);
  return connected;
}

}  // namespace shorthop::test
