// Reports "alive" to the service manager only while both the main loop and libmilter work.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <functional>

#include "system/descriptor.h"
#include "system/sockets.h"

namespace shorthop {

/// Runs in the main loop, so nothing is reported if the loop is stuck. libmilter's threads are tested with a connection
/// to the milter socket that sends only QUIT: they must accept and close it. The connection reaches only our close
/// callback, and is not counted.
class Watchdog {
 public:
  using Clock = std::chrono::steady_clock;

  /// A watchdog that never reports.
  Watchdog() = default;
  /// Reports while `milter` answers, at least three times in `period`.
  Watchdog(const Endpoint& milter, std::chrono::microseconds period, std::function<void()> beat);

  /// What to wait for with poll(2). While no probe runs, the descriptor is -1, which poll(2) ignores. The timeout is in
  /// milliseconds, -1 for none.
  pollfd pollfds() const { return {probe_.get(), POLLIN, 0}; }
  int poll_timeout(Clock::time_point now) const;
  /// `ready` is the value of pollfds() with the events that occurred.
  void serve(const pollfd& ready, Clock::time_point now);

 private:
  void send_probe();

  sockaddr_storage address_{};
  socklen_t address_length_ = 0;
  Clock::duration interval_{};
  std::function<void()> beat_;
  Clock::time_point next_probe_{};
  Descriptor probe_;  ///< a connection whose end is awaited
};

}  // namespace shorthop
