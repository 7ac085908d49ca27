// Buffered text output to a file descriptor; errors are sticky.
#pragma once

#include <string>
#include <string_view>

namespace shorthop::tool {

/// The destructor does not flush: the caller flushes and checks the result.
class Output {
 public:
  explicit Output(int fd) : fd_(fd) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output() = default;

  /// Appends the text; writes when the buffer is full. After an error all text is dropped. Except for line ends and
  /// tabs, bytes that are not printable ASCII are written as \xHH, so a file name cannot send escape sequences to a
  /// terminal.
  void write(std::string_view text);
  /// Appends the text without escaping it. The caller has escaped it, or knows that its bytes beyond ASCII are letters.
  void write_safe(std::string_view text);
  /// Writes the buffer. False if this or any earlier write failed.
  bool flush();
  bool failed() const { return error_ != 0; }
  /// errno of the first failed write, or 0.
  int error() const { return error_; }

 private:
  void send(std::string_view text);

  int fd_;
  int error_ = 0;
  std::string gathered_;
};

/// Prints what is wrong with the command line, and the fix. Returns the exit status.
int report_usage(std::string_view what, std::string_view fix, Output& errors);

}  // namespace shorthop::tool
