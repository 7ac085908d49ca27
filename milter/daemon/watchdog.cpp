#include "daemon/watchdog.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace shorthop {
namespace {

/// SMFIC_QUIT in the milter protocol: the length, 1, in four bytes, then the command.
constexpr std::array<char, 5> quit = {0, 0, 0, 1, 'Q'};

}  // namespace

Watchdog::Watchdog(const Endpoint& milter, std::chrono::microseconds period, std::function<void()> beat)
    : interval_(period / 3), beat_(std::move(beat)), next_question_(Clock::now()) {
  address_length_ = address_of(milter, address_);
}

int Watchdog::poll_timeout(Clock::time_point now) const {
  if (!beat_) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_question_ - now).count();
  return static_cast<int>(std::max<long>(0, left));
}

void Watchdog::serve(const pollfd& ready, Clock::time_point now) {
  if (!beat_) return;
  if (question_.is_open() && ready.fd == question_.get() && ready.revents != 0) {
    char nothing = 0;
    const ssize_t got = ::recv(question_.get(), &nothing, sizeof nothing, MSG_DONTWAIT);
    // A clean close means that libmilter served the connection. A reset or any data means that the peer did not
    // understand the question.
    if (got == 0) beat_();
    if (got >= 0 || (errno != EAGAIN && errno != EINTR)) question_.close();
  }
  if (now < next_question_) return;
  next_question_ = now + interval_;
  // One question at a time: if libmilter is busy, an open connection keeps its place in the accept queue.
  if (!question_.is_open()) ask();
}

void Watchdog::ask() {
  Descriptor asked(::socket(address_.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!asked.is_open()) return;
  // On a UNIX socket connect() succeeds at once or not at all. TCP on this host connects at once too, but connect() may
  // report EINPROGRESS. If send() then comes too early, this question is dropped and the next one follows.
  const bool is_connected =
      ::connect(asked.get(), reinterpret_cast<const sockaddr*>(&address_), address_length_) == 0 ||
      errno == EINPROGRESS;
  if (is_connected && ::send(asked.get(), quit.data(), quit.size(), MSG_NOSIGNAL) == ssize_t{quit.size()})
    question_ = std::move(asked);
}

}  // namespace shorthop
