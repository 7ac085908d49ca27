// Waits for a socket with poll(2). Only inline functions, because the modules do not link this library.
#pragma once

#include <poll.h>

#include <cerrno>

#include "system/deadline.h"

namespace shorthop {

/// The events that poll(2) reports for the socket before the deadline; 0: none. After the deadline the result is always
/// 0, even if data has arrived, because a server may send without end. POLLERR: the socket cannot be polled.
inline short wait_for(int socket, short events, Deadline deadline) {
  if (socket < 0) return POLLERR;
  while (!has_passed(deadline)) {
    pollfd waiting{socket, events, 0};
    const int ready = ::poll(&waiting, 1, milliseconds_for_poll(deadline));
    if (ready > 0) return waiting.revents;
    if (ready < 0 && errno != EINTR) return POLLERR;
  }
  return 0;
}

/// Whether nothing has arrived. After the server has closed the connection or announced that, the socket is readable.
inline bool is_silent(int socket) {
  pollfd waiting{socket, POLLIN, 0};
  return socket >= 0 && ::poll(&waiting, 1, 0) == 0;
}

}  // namespace shorthop
