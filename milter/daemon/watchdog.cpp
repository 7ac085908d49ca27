#include "daemon/watchdog.h"

#include <array>
#include <cerrno>
#include <utility>

#include "system/deadline.h"

namespace shorthop {
namespace {

/// SMFIC_QUIT in the milter protocol: the length, 1, in four bytes, then the command.
constexpr std::array<char, 5> quit = {0, 0, 0, 1, 'Q'};

}  // namespace

Watchdog::Watchdog(const Endpoint& milter, std::chrono::microseconds period, std::function<void()> beat)
    : interval_(period / 3), beat_(std::move(beat)), next_probe_(Clock::now()) {
  address_length_ = address_of(milter, address_);
}

int Watchdog::poll_timeout(Clock::time_point now) const { return beat_ ? milliseconds_for_poll(next_probe_, now) : -1; }

void Watchdog::serve(const pollfd& ready, Clock::time_point now) {
  if (!beat_) return;
  if (probe_.is_open() && ready.fd == probe_.get() && ready.revents != 0) {
    char nothing = 0;
    const ssize_t got = ::recv(probe_.get(), &nothing, sizeof nothing, MSG_DONTWAIT);
    // A close means that libmilter accepted the connection. The close is a reset if libmilter_guard.cpp refused the
    // connection because all descriptors are in use: then the packet was not read. Any data means that the peer is not
    // libmilter.
    if (got == 0 || (got < 0 && errno == ECONNRESET)) beat_();
    if (got >= 0 || (errno != EAGAIN && errno != EINTR)) probe_.close();
  }
  if (now < next_probe_) return;
  next_probe_ = now + interval_;
  // One probe at a time: if libmilter is busy, an open connection keeps its place in the accept queue.
  if (!probe_.is_open()) send_probe();
}

void Watchdog::send_probe() {
  Descriptor connecting(::socket(address_.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!connecting.is_open()) return;
  // On a UNIX socket connect() succeeds at once or not at all. TCP on this host connects at once too, but connect() may
  // report EINPROGRESS. If send() then comes too early, this probe is dropped and the next one follows.
  const bool is_connected =
      ::connect(connecting.get(), reinterpret_cast<const sockaddr*>(&address_), address_length_) == 0 ||
      errno == EINPROGRESS;
  if (!is_connected) return;
  const ssize_t sent = ::send(connecting.get(), quit.data(), quit.size(), MSG_NOSIGNAL);
  if (sent == ssize_t{quit.size()}) {
    probe_ = std::move(connecting);
  } else if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) {
    beat_();  // libmilter has closed it already
  }
}

}  // namespace shorthop
