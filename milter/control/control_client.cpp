#include "control/control_client.h"

#include <fmt/core.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "system/connection.h"
#include "system/system_error.h"
#include "system/wait.h"

namespace shorthop {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds max_connect_time{2};
constexpr std::size_t max_answer = 16 * 1024 * 1024;

std::string fix_for(int error) {
  if (error == EACCES || error == EPERM) return "run it as root or in the group of the socket";
  return "start shorthopd, or correct the setting control";
}

NoAnswer no_answer(const Endpoint& control, std::string_view why, std::string_view fix) {
  return {fmt::format("the daemon does not answer at {}: {}", control.text(), why), std::string(fix)};
}

std::unexpected<NoAnswer> silent(const Endpoint& control, std::string_view why) {
  NoAnswer failure = no_answer(control, why, "look for the reason in the log of shorthopd");
  failure.is_silent = true;
  return std::unexpected(std::move(failure));
}

std::unexpected<NoAnswer> not_connected(const Endpoint& control, const ConnectFailure& why) {
  if (why.is_timed_out) return silent(control, why.what);  // its queue is full
  if (why.error == 0) {
    return std::unexpected(
        no_answer(control, "not a valid path of a UNIX socket", "set control to unix:/PATH, at most 107 bytes"));
  }
  NoAnswer failure = no_answer(control, why.what, fix_for(why.error));
  failure.is_gone = why.error == ENOENT || why.error == ECONNREFUSED;
  return std::unexpected(std::move(failure));
}

/// The error is errno.
std::expected<void, int> send_all(int fd, std::string_view text, Deadline deadline) {
  while (!text.empty()) {
    const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) {
      text.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (wait_for(fd, POLLOUT, deadline) == 0) return std::unexpected(ETIMEDOUT);
    } else if (errno != EINTR) {
      return std::unexpected(errno);
    }
  }
  return {};
}

/// Reads up to the end of the connection; the error is errno.
std::expected<std::string, int> receive_all(int fd, Deadline deadline) {
  std::string reply;
  char piece[16 * 1024];
  while (reply.size() <= max_answer) {
    const ssize_t got = ::recv(fd, piece, sizeof piece, MSG_DONTWAIT);
    if (got == 0) return reply;
    if (got > 0) {
      reply.append(piece, static_cast<std::size_t>(got));
    } else if (errno == EAGAIN) {
      if (wait_for(fd, POLLIN, deadline) == 0) return std::unexpected(ETIMEDOUT);
    } else if (errno != EINTR) {
      return std::unexpected(errno);
    }
  }
  return std::unexpected(EMSGSIZE);
}

}  // namespace

std::expected<control::Answer, NoAnswer> ask_daemon(const Endpoint& control, std::string_view request,
                                                    std::chrono::milliseconds max_reply_time) {
  if (!control.is_unix()) return not_connected(control, {});
  const auto socket = connect_to(control, Clock::now() + max_connect_time);
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
