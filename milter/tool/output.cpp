#include "tool/output.h"

#include <fmt/core.h>
#include <poll.h>
#include <sysexits.h>
#include <unistd.h>

#include <cerrno>

#include "text/ascii.h"

namespace shorthop::tool {
namespace {

constexpr std::size_t write_size = 256 * 1024;

/// Waits if the descriptor was set to non-blocking (a shell's terminal, a co-process' pipe).
bool wait_until_writable(int fd) {
  pollfd waiting{fd, POLLOUT, 0};
  return ::poll(&waiting, 1, -1) >= 0 || errno == EINTR;
}

}  // namespace

void Output::write(std::string_view text) {
  if (failed()) return;
  append_lines(gathered_, text);
  if (gathered_.size() >= write_size) flush();
}

void Output::write_safe(std::string_view text) {
  if (failed()) return;
  gathered_ += text;
  if (gathered_.size() >= write_size) flush();
}

bool Output::flush() {
  send(gathered_);
  gathered_.clear();
  return !failed();
}

void Output::send(std::string_view text) {
  while (!text.empty() && !failed()) {
    const ssize_t written = ::write(fd_, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      if (!wait_until_writable(fd_)) error_ = errno;
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
}

int report_usage(std::string_view what, std::string_view fix, Output& errors) {
  errors.write(fmt::format("shorthop: {} (fix: {})\n", what, fix));
  return EX_USAGE;
}

}  // namespace shorthop::tool
