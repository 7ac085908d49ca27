// Lines from a file descriptor, whatever bytes they hold: read in big pieces, without a line of any length
// taking more than a fixed amount of memory.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace shorthop::tool {

class LineInput {
 public:
  struct Line {
    std::string_view text;  ///< without its line end (LF, or CR LF); valid until the next call of next()
    bool is_whole = true;   ///< false: longer than `max_line`, and the rest is left out
  };
  /// No address comes near this (RFC 5321, 4.5.3.1); it is also the most that is kept of a line.
  static constexpr std::size_t max_line = 64 * 1024;

  /// `before_waiting` is called when a read would have to wait: whoever feeds us may be waiting for our answers.
  LineInput(int fd, std::function<void()> before_waiting);

  /// The next line, the last one with or without a line end; nothing at the end of the input or after an error.
  std::optional<Line> next();
  /// errno of a read that failed; 0: none did.
  int error() const { return error_; }

 private:
  bool fill();
  void skip_rest_of_line();
  std::string_view unread() const { return {buffer_.data() + begin_, end_ - begin_}; }

  int fd_;
  std::function<void()> before_waiting_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool at_end_ = false;
  bool skipping_ = false;  ///< the rest of an over-long line is still to come
  int error_ = 0;
};

}  // namespace shorthop::tool
