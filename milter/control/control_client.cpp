#include "control/control_client.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <optional>
#include <thread>
#include <utility>

#include "system/descriptor.h"
#include "system/sockets.h"
#include "system/system_error.h"

namespace shorthop {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds max_connect_time{2};
constexpr std::chrono::milliseconds connect_pause{20};  // poll(2) cannot wait for room in the backlog of a UNIX socket
constexpr std::size_t max_answer = 16 * 1024 * 1024;

std::string fix_for(int error) {
  if (error == EACCES || error == EPERM) return "run it as root or in the group of the socket";
  return "start shorthopd, or correct the setting control";
}

NoAnswer no_answer(const Endpoint& control, std::string_view why, std::string_view fix) {
  return {fmt::format("the daemon does not answer at {}: {}", control.text(), why), std::string(fix)};
}

std::unexpected<NoAnswer> not_connected(const Endpoint& control, int error) {
  NoAnswer failure = no_answer(control, error_text(error), fix_for(error));
  failure.is_gone = error == ENOENT || error == ECONNREFUSED;
  return std::unexpected(std::move(failure));
}

std::unexpected<NoAnswer> silent(const Endpoint& control, std::string_view why) {
  NoAnswer failure = no_answer(control, why, "look for the reason in the log of shorthopd");
  failure.is_silent = true;
  return std::unexpected(std::move(failure));
}

/// Waits until the socket is ready, at most until the deadline.
bool wait_for(int fd, short events, Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return false;
    pollfd waiting{fd, events, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

/// A connected socket, or errno.
std::expected<Descriptor, int> connect_to(const sockaddr_storage& address, socklen_t length) {
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.is_open()) return std::unexpected(errno);
  const auto deadline = Clock::now() + max_connect_time;
  for (;;) {
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0) return socket;
    if (errno != EAGAIN && errno != EINTR) return std::unexpected(errno);
    if (Clock::now() >= deadline) return std::unexpected(ETIMEDOUT);
    std::this_thread::sleep_for(connect_pause);
  }
}

/// The error is errno.
std::expected<void, int> send_all(int fd, std::string_view text, Clock::time_point deadline) {
  while (!text.empty()) {
    const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      text.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (!wait_for(fd, POLLOUT, deadline)) return std::unexpected(ETIMEDOUT);
    } else if (errno != EINTR) {
      return std::unexpected(errno);
    }
  }
  return {};
}

/// Reads up to the end of the connection; the error is errno.
std::expected<std::string, int> receive_all(int fd, Clock::time_point deadline) {
  std::string reply;
  char piece[16 * 1024];
  while (reply.size() <= max_answer) {
    const ssize_t got = ::recv(fd, piece, sizeof piece, 0);
    if (got == 0) return reply;
    if (got > 0) {
      reply.append(piece, static_cast<std::size_t>(got));
    } else if (errno == EAGAIN) {
      if (!wait_for(fd, POLLIN, deadline)) return std::unexpected(ETIMEDOUT);
    } else if (errno != EINTR) {
      return std::unexpected(errno);
    }
  }
  return std::unexpected(EMSGSIZE);
}

}  // namespace

std::expected<control::Answer, NoAnswer> ask_daemon(const Endpoint& control, std::string_view request,
                                                    std::chrono::milliseconds max_reply_time) {
  sockaddr_storage address{};
  const socklen_t length = control.is_unix() ? address_of(control, address) : 0;
  if (length == 0)
    return std::unexpected(
        no_answer(control, "not a valid path of a UNIX socket", "set control to unix:/PATH, at most 107 bytes"));
  const auto socket = connect_to(address, length);
  if (!socket && socket.error() == ETIMEDOUT) return silent(control, error_text(ETIMEDOUT));  // its queue is full
  if (!socket) return not_connected(control, socket.error());
  const auto deadline = Clock::now() + max_reply_time;
  if (const auto sent = send_all(socket->get(), fmt::format("{}\n", request), deadline); !sent) {
    return silent(control, error_text(sent.error()));
  }
  const auto text = receive_all(socket->get(), deadline);
  if (!text) return silent(control, error_text(text.error()));
  auto answer = control::decoded(*text);
  if (!answer) return silent(control, "the answer is truncated");
  return std::move(*answer);
}

}  // namespace shorthop
