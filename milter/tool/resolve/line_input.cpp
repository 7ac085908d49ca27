#include "tool/resolve/line_input.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "text/lines.h"

namespace shorthop::tool {
namespace {

bool can_read_now(int fd) {
  pollfd waiting{fd, POLLIN, 0};
  return ::poll(&waiting, 1, 0) > 0;
}

void wait_until_readable(int fd) {
  pollfd waiting{fd, POLLIN, 0};
  ::poll(&waiting, 1, -1);
}

}  // namespace

std::optional<LineInput::Line> LineInput::next(Wait wait) {
  if (skipping_) skip_rest_of_line(wait);
  if (skipping_) return std::nullopt;
  std::size_t searched = 0;
  for (;;) {
    const std::string_view text = unread();
    const std::size_t length = text.find('\n', searched);
    if (length <= max_line) {  // npos (no line end yet) is greater than that
      begin_ += length + 1;
      return Line{without_cr(text.substr(0, length))};
    }
    if (text.size() > max_line) {
      begin_ += max_line;
      skipping_ = true;
      return Line{text.substr(0, max_line), false};
    }
    searched = text.size();
    if (!fill(wait)) break;
  }
  if (!at_end_) return std::nullopt;
  const std::string_view last = unread();
  begin_ = end_;
  if (last.empty() || error_ != 0) return std::nullopt;
  return Line{without_cr(last)};
}

/// skipping_ stays true if the rest has not arrived yet.
void LineInput::skip_rest_of_line(Wait wait) {
  for (;;) {
    const std::size_t line_end = unread().find('\n');
    if (line_end != std::string_view::npos) {
      begin_ += line_end + 1;
      break;
    }
    begin_ = end_;
    if (!fill(wait)) {
      skipping_ = !at_end_;
      return;
    }
  }
  skipping_ = false;
}

/// Moves unread bytes to the front and reads more after them. False at the end, after an error, or if nothing has
/// arrived and it must not wait.
bool LineInput::fill(Wait wait) {
  if (at_end_ || (wait == Wait::no && !can_read_now(fd_))) return false;
  const std::size_t kept = end_ - begin_;
  std::memmove(buffer_.data(), buffer_.data() + begin_, kept);
  begin_ = 0;
  end_ = kept;
  for (;;) {
    const ssize_t got = ::read(fd_, buffer_.data() + end_, buffer_.size() - end_);
    if (got > 0) {
      end_ += static_cast<std::size_t>(got);
      return true;
    }
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) {
      wait_until_readable(fd_);
      continue;
    }
    at_end_ = true;
    if (got < 0) error_ = errno;
    return false;
  }
}

}  // namespace shorthop::tool
