// The daemon's log on standard error: text or JSON, one line per event; under systemd with priorities instead of times.
//
// Any thread may log without waiting for standard error: lines are formatted at once and written by a separate thread
// (line_writer.h) at most a few milliseconds later, so a kill -9 loses no more than that. If the reader is stuck and
// the buffer full, or the disk full, lines are lost but mail is not delayed; the number lost is logged as soon as
// writing works again.
// Bytes that are not printable ASCII are written as \xHH, whatever their origin.
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

  /// Logs a recipient's line at level info: a text, or a JSON object whose fields are added to time and level.
  void write_recipient(std::string_view line);

  /// Waits briefly until everything is written. The destructor does so too.
  void flush();
  /// The number of lines that standard error did not accept.
  std::uint64_t lines_lost() const;

 private:
  struct Output;
  std::unique_ptr<Output> output_;
};

}  // namespace shorthop
