// Helpers for tests of the daemon's life: its notifications, its control socket, times.
#pragma once

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

#include "support/catch.h"
#include "support/daemon_process.h"
#include "support/milter_wire.h"

namespace shorthop::test {

inline bool path_exists(const std::filesystem::path& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0;
}

/// Receives the notifications (sd_notify(3)) of a daemon started with NOTIFY_SOCKET.
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
  /// The next one that is not WATCHDOG=1; gives up after a hundred of these.
  std::string next_without_beats() const {
    std::string text = next();
    for (int beats = 1; beats < 100 && text == "WATCHDOG=1"; ++beats) text = next();
    return text;
  }

 private:
  TemporaryDirectory directory_;
  int socket_;
};

/// The daemon's answer to this request at the control socket. The daemon closes the connection after the answer.
inline std::string answer_to(const DaemonProcess& daemon, const std::string& request,
                             std::chrono::milliseconds limit = std::chrono::seconds(20)) {
  Wire control("unix:" + daemon.file("control.sock").string(), limit);
  control.put_raw(request + "\n");
  return control.drain();
}

inline std::chrono::steady_clock::duration time_of(const std::function<void()>& action) {
  const auto start = std::chrono::steady_clock::now();
  action();
  return std::chrono::steady_clock::now() - start;
}

inline bool ended_well(int status) { return WIFEXITED(status) && WEXITSTATUS(status) == 0; }

}  // namespace shorthop::test
