// Text on its way to a file descriptor: gathered into big writes, and an error that nobody can overlook.
#pragma once

#include <string>
#include <string_view>

namespace shorthop::tool {

/// Not flushed when it goes out of scope: the caller flushes and looks at the result.
class Output {
 public:
  explicit Output(int fd) : fd_(fd) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output() = default;

  /// Takes the text; writes when enough is gathered. After the first error what comes is dropped. What is not printable
  /// ASCII comes out as \xHH, except for line ends and tabs: no name of a file reaches a terminal as an escape sequence.
  void write(std::string_view text);
  /// Writes what is gathered. False if this or any earlier write failed.
  bool flush();
  bool failed() const { return error_ != 0; }
  /// errno of the first write that failed; 0: none did.
  int error() const { return error_; }

 private:
  void send(std::string_view text);

  int fd_;
  int error_ = 0;
  std::string gathered_;
};

}  // namespace shorthop::tool
