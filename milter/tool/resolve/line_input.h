// Reads lines of arbitrary bytes from a file descriptor, in large blocks. Memory use is bounded, however long a line
// is.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace shorthop::tool {

class LineInput {
 public:
  struct Line {
    std::string_view text;  ///< without its line end (LF, or CR LF); valid until the next call of next()
    bool is_whole = true;   ///< false: longer than `max_line`; the rest was dropped
  };
  /// Far longer than any address (RFC 5321, 4.5.3.1); the rest of a line is dropped.
  static constexpr std::size_t max_line = 64 * 1024;

  explicit LineInput(int fd) : fd_(fd), buffer_(max_line + read_size) {}

  /// The next line; the last one may lack its line end. nullopt at the end of the input or after an error.
  std::optional<Line> next() { return next(Wait::yes); }
  /// As next(), but nullopt also if the next line has not arrived yet.
  std::optional<Line> next_arrived() { return next(Wait::no); }
  /// errno of a failed read, or 0.
  int error() const { return error_; }

 private:
  static constexpr std::size_t read_size = std::size_t{256} * 1024;
  enum class Wait : bool { no, yes };

  std::optional<Line> next(Wait wait);
  bool fill(Wait wait);
  void skip_rest_of_line(Wait wait);
  std::string_view unread() const { return {buffer_.data() + begin_, end_ - begin_}; }

  int fd_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool at_end_ = false;
  bool skipping_ = false;  ///< the rest of an over-long line is still unread
  int error_ = 0;
};

}  // namespace shorthop::tool
