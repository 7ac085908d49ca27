// The daemon's log on standard error: text or JSON, a line an event; under systemd with priorities in place of times.
//
// Any thread may log. Lines go out at once, in one write for all lines of a message; nothing waits for a reader that
// is stuck longer than LineWriter does, and lost lines are counted and reported when it is back. No queue and thread
// of its own: that would wake a thread for each message, and lose its tail when the daemon is killed.
// Bytes that are not printable ASCII come out as \xHH, whoever handed them in.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "load/settings.h"
#include "tables/diagnostic.h"

namespace shorthop {

class Log {
 public:
  Log(LogFormat format, LogLevel level);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  LogFormat format() const { return format_; }
  bool shows(LogLevel level) const;
  void set_level(LogLevel level);

  void write(LogLevel level, std::string_view message);
  void debug(std::string_view message) { write(LogLevel::debug, message); }
  void info(std::string_view message) { write(LogLevel::info, message); }
  void warning(std::string_view message) { write(LogLevel::warning, message); }
  void error(std::string_view message) { write(LogLevel::error, message); }
  void write(const Diagnostic& diagnostic);

  /// The lines of one message, in one write: text, or JSON objects whose fields stand beside time and level.
  void write_message(std::span<const std::string> lines);

 private:
  struct Lines;
  LogFormat format_;
  std::unique_ptr<Lines> lines_;
};

}  // namespace shorthop
