// Waits for a socket of a client library, for the modules.
#pragma once

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "tables/lookup_key.h"

namespace shorthop {

/// How long poll(2) may wait, in milliseconds: rounded up, at most a minute.
inline int milliseconds_until(Deadline deadline) {
  const auto now = std::chrono::steady_clock::now();
  if (deadline <= now) return 0;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now);
  return static_cast<int>(std::clamp<long long>(left.count(), 0, 60'000));
}

inline bool is_over(Deadline deadline) { return std::chrono::steady_clock::now() >= deadline; }

/// The events that poll(2) reports for the socket before the deadline; 0: none. After the deadline the result is always
/// 0, even if data has arrived, because a server may send without end. POLLERR: the socket cannot be polled.
inline short wait_for(int socket, short events, Deadline deadline) {
  if (socket < 0) return POLLERR;
  while (!is_over(deadline)) {
    pollfd asked{socket, events, 0};
    const int ready = ::poll(&asked, 1, milliseconds_until(deadline));
    if (ready > 0) return asked.revents;
    if (ready < 0 && errno != EINTR) return POLLERR;
  }
  return 0;
}

/// Whether nothing has arrived. After the server has closed the connection or announced that, the socket is readable.
inline bool is_silent(int socket) {
  pollfd asked{socket, POLLIN, 0};
  return socket >= 0 && ::poll(&asked, 1, 0) == 0;
}

}  // namespace shorthop
