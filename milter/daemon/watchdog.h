// Says "alive" to who watches us, only while both the main loop turns and libmilter serves connections.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <functional>

#include "system/descriptor.h"
#include "system/sockets.h"

namespace shorthop {

/// A part of the main loop, so a loop that is stuck is silent. Libmilter's threads are asked through the milter's own
/// socket: a connection that only says QUIT must be accepted, read and closed by them, as one of the MTA is. It calls
/// nothing of ours but the closing of a connection that never began, and counts nowhere.
class Watchdog {
 public:
  using Clock = std::chrono::steady_clock;

  /// Never beats; costs nothing.
  Watchdog() = default;
  /// Beats for as long as `milter` answers, at least three times in `period`.
  Watchdog(const Endpoint& milter, std::chrono::microseconds period, std::function<void()> beat);

  /// What to wait for with poll(2), which takes no notice of it while no answer is awaited; and how long at most: -1 is
  /// for ever.
  pollfd pollfds() const { return {question_.get(), POLLIN, 0}; }
  int poll_timeout(Clock::time_point now) const;
  /// `ready`: what pollfds() gave, with the events that came.
  void serve(const pollfd& ready, Clock::time_point now);

 private:
  void ask();

  sockaddr_storage address_{};
  socklen_t address_length_ = 0;
  Clock::duration interval_{};
  std::function<void()> beat_;
  Clock::time_point next_question_{};
  Descriptor question_;  ///< a connection whose end is awaited
};

}  // namespace shorthop
