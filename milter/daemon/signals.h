// Signals as something to read in the event loop, and libmilter kept away from them.
#pragma once

#include <chrono>
#include <optional>

#include "system/descriptor.h"

namespace shorthop {

/// SIGHUP and SIGUSR1 (reload), SIGTERM and SIGINT (stop), blocked in the thread that makes this object and in every
/// thread that it starts later, and read from a descriptor instead (signalfd(2)). Make it before any thread.
///
/// libmilter waits for SIGHUP, SIGTERM and SIGINT in a thread of its own (libmilter/signal.c) and would take the
/// daemon down at a SIGHUP. It cannot be asked not to. Handlers in another thread are no cure: a thread in sigwait(3)
/// competes for each signal that comes while the other thread has one pending, is stopped or is traced. So sigwait
/// itself is ours (signals.cpp): nothing here uses it, and libmilter waits for ever.
class Signals {
 public:
  Signals();

  int descriptor() const { return descriptor_.get(); }
  /// The next signal that has arrived; nothing if there is none. Never waits.
  std::optional<int> next() const;

  static bool asks_to_reload(int signal);
  /// Whether libmilter, once started, waits where it shall; waits for that itself. If not, it was linked in a way in
  /// which sigwait is not ours, and a SIGHUP may stop the daemon.
  static bool keeps_libmilter_away(std::chrono::milliseconds limit);

 private:
  Descriptor descriptor_;
};

}  // namespace shorthop
