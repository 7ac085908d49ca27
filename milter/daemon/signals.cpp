#include "daemon/signals.h"

#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <initializer_list>
#include <system_error>
#include <thread>

namespace {

std::atomic<bool> is_sigwait_called = false;

}  // namespace

// This function replaces libc's sigwait in the whole program: the linker exports ours because libmilter refers to
// sigwait. See signals.h.
extern "C" int sigwait(const sigset_t*, int*) {
  is_sigwait_called = true;
  for (;;) ::pause();
}

namespace shorthop {
namespace {

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals) ::sigaddset(&set, signal);
  return set;
}

}  // namespace

Signals::Signals() {
  // A write to a closed pipe, or beyond the limit of file sizes (setrlimit(2)), would end the process by these signals.
  // If they are ignored, the write fails instead.
  for (const int signal : {SIGPIPE, SIGXFSZ}) static_cast<void>(::signal(signal, SIG_IGN));
  const sigset_t set = set_of({SIGHUP, SIGUSR1, SIGTERM, SIGINT});
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  descriptor_ = Descriptor(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!descriptor_.is_open()) throw std::system_error(errno, std::generic_category(), "signalfd");
}

std::optional<int> Signals::next() const {
  signalfd_siginfo info{};
  if (::read(descriptor_.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

bool Signals::has_replaced_sigwait(std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!is_sigwait_called) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  return true;
}

bool Signals::asks_to_reload(int signal) { return signal == SIGHUP || signal == SIGUSR1; }

}  // namespace shorthop
