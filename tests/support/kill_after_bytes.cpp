// Loaded into the daemon by LD_PRELOAD: kills the process like kill -9 after a number of bytes sent to a milter socket,
// possibly in the middle of a packet. libmilter sends its replies with writev(2) only. A kill from outside could not
// hit a chosen byte, because the whole answer is in the socket's buffer at once.
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>

namespace {

/// The number of bytes that may still be sent; negative, which means no limit, if the variable is unset.
std::atomic<long>& bytes_left() {
  static std::atomic<long> left = [] {
    const char* text = std::getenv("SHORTHOP_TEST_KILL_AFTER_BYTES");  // NOLINT(concurrency-mt-unsafe): read once
    return text == nullptr ? -1 : std::strtol(text, nullptr, 10);
  }();
  return left;
}

bool is_socket(int fd) {
  int type = 0;
  socklen_t length = sizeof type;
  return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0;
}

void write_fully(int fd, const char* from, std::size_t count) {
  while (count > 0) {
    const long written = ::syscall(SYS_write, fd, from, count);
    if (written <= 0) return;
    from += written;
    count -= static_cast<std::size_t>(written);
  }
}

}  // namespace

extern "C" ssize_t writev(int fd, const iovec* parts, int count) {
  auto& left = bytes_left();
  if (left < 0 || !is_socket(fd)) return ::syscall(SYS_writev, fd, parts, count);
  ssize_t total = 0;
  for (int i = 0; i < count; ++i) {
    const long now = std::min<long>(left, static_cast<long>(parts[i].iov_len));
    write_fully(fd, static_cast<const char*>(parts[i].iov_base), static_cast<std::size_t>(now));
    left -= now;
    total += now;
    if (left == 0) ::kill(::getpid(), SIGKILL);
  }
  return total;
}
