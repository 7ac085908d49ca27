#include "daemon/line_writer.h"

#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace shorthop {

LineWriter::LineWriter(int descriptor, std::chrono::milliseconds patience)
    : descriptor_(descriptor), patience_(patience), kind_(Kind::stream) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return;
  if (S_ISREG(status.st_mode)) kind_ = Kind::file;
  if (S_ISSOCK(status.st_mode)) kind_ = Kind::socket;
}

bool LineWriter::write(std::string_view text) {
  if (is_torn_ && !write_all("\n")) return false;
  is_torn_ = false;
  return write_all(text);
}

bool LineWriter::write_all(std::string_view text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    if (!wait_until_writable() || !write_some(rest)) {
      is_stuck_ = true;
      is_torn_ = is_torn_ || rest.size() != text.size();
      return false;
    }
  }
  is_stuck_ = false;
  return true;
}

bool LineWriter::wait_until_writable() {
  if (kind_ == Kind::file) return true;
  pollfd output{descriptor_, POLLOUT, 0};
  const int ready = ::poll(&output, 1, is_stuck_ ? 0 : static_cast<int>(patience_.count()));
  return ready == 1 && (output.revents & POLLOUT) != 0;
}

// A pipe that poll(2) calls writable takes PIPE_BUF bytes at once (pipe(7)); a socket is asked not to block.
bool LineWriter::write_some(std::string_view& rest) {
  ssize_t written = 0;
  switch (kind_) {
    case Kind::file: written = ::write(descriptor_, rest.data(), rest.size()); break;
    case Kind::stream: written = ::write(descriptor_, rest.data(), rest.substr(0, PIPE_BUF).size()); break;
    case Kind::socket: written = ::send(descriptor_, rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL); break;
  }
  if (written < 0) return errno == EINTR || errno == EAGAIN;
  rest.remove_prefix(static_cast<std::size_t>(written));
  return written > 0;
}

}  // namespace shorthop
