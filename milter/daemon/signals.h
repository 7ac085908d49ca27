// Signals as events in the main loop, hidden from libmilter.
#pragma once

#include <chrono>
#include <optional>

#include "system/descriptor.h"

namespace shorthop {

/// SIGHUP and SIGUSR1 (reload), SIGTERM and SIGINT (stop). They are blocked in the thread that creates this object and
/// in every thread that it starts later, and are read from a descriptor instead (signalfd(2)). Create the object before
/// any other thread.
///
/// libmilter waits for SIGHUP, SIGTERM and SIGINT in its own thread (libmilter/signal.c). This thread cannot be turned
/// off, and would stop the daemon on SIGHUP. Signal handlers in another thread do not help: a thread in sigwait(3)
/// competes for each signal that arrives while the other thread has one pending, is stopped or is traced. So this
/// program replaces sigwait (signals.cpp): nothing else uses it, and libmilter waits for ever.
class Signals {
 public:
  Signals();

  int descriptor() const { return descriptor_.get(); }
  /// The next signal that has arrived; nullopt if there is none. Never waits.
  std::optional<int> next() const;

  static bool asks_to_reload(int signal);
  /// Waits until libmilter, which must have been started, calls the replaced sigwait. False if it does not within the
  /// limit: then sigwait was linked in another way, and a SIGHUP may stop the daemon.
  static bool has_replaced_sigwait(std::chrono::milliseconds limit);

 private:
  Descriptor descriptor_;
};

}  // namespace shorthop
