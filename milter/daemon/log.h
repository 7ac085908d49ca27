// The daemon's log on standard error: text or JSON, a line an event; under systemd with priorities in place of times.
//
// Any thread may log, and none waits for standard error: lines are formatted at once and written by a thread of their
// own (line_writer.h), at most a few milliseconds later. That is how much log a kill -9 may cost. A reader that is
// stuck costs lines once the buffer is full, and so does a full disk, but never mail; how many is logged as soon as
// lines can be written again.
// Bytes that are not printable ASCII come out as \xHH, whoever handed them in.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "settings/settings.h"
#include "text/diagnostic.h"

namespace shorthop {

class Log {
 public:
  Log(LogFormat format, LogLevel level);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  Log(Log&&) = delete;
  Log& operator=(Log&&) = delete;

  LogFormat format() const;
  bool shows(LogLevel level) const;

  void write(LogLevel level, std::string_view message);
  void debug(std::string_view message) { write(LogLevel::debug, message); }
  void info(std::string_view message) { write(LogLevel::info, message); }
  void warning(std::string_view message) { write(LogLevel::warning, message); }
  void error(std::string_view message) { write(LogLevel::error, message); }
  void write(const Diagnostic& diagnostic);

  /// At level info, a recipient's line: a text, or a JSON object whose fields will stand beside time and level.
  void write_recipient(std::string_view line);

  /// Waits a moment for everything to be written. The destructor does so too.
  void flush();
  /// How many lines standard error did not take.
  std::uint64_t lines_lost() const;

 private:
  struct Output;
  std::unique_ptr<Output> output_;
};

}  // namespace shorthop
