// Ends a connection at a deadline while a client library waits for it without a limit.
#pragma once

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <system_error>
#include <thread>

#include "system/descriptor.h"
#include "tables/lookup_key.h"

namespace shorthop {

/// A thread shuts the socket down at the deadline, which ends every call that waits for the socket. The destructor
/// stops the thread. The thread uses a copy of the descriptor, because the library may close the socket. Throws
/// std::system_error if the system has no thread or descriptor left.
class CutAtDeadline {
 public:
  CutAtDeadline(int socket, Deadline deadline)
      : socket_(copy_of(socket)),
        thread_([this, deadline](const std::stop_token& stop) { wait_until(deadline, stop); }) {}

 private:
  static int copy_of(int socket) {
    const int copy = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) throw std::system_error(errno, std::generic_category(), "the socket of a connection");
    return copy;
  }

  void wait_until(Deadline deadline, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    stopped_.wait_until(lock, stop, deadline, [] { return false; });
    if (!stop.stop_requested()) ::shutdown(socket_.get(), SHUT_RDWR);
  }

  const Descriptor socket_;
  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::jthread thread_;  ///< the last member: it uses the others
};

}  // namespace shorthop
