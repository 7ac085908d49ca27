// The daemon's log on standard error: text or JSON, one line per event. If standard error is the journal, each line
// begins with its priority, and lines in text form have no time. If the journal's socket can be reached too, lines in
// text form are sent there instead. Then lines about messages have journal fields of their own.
//
// Any thread may log without waiting for standard error. Lines are formatted at once, and a separate thread
// (line_writer.h) writes them at most a few milliseconds later. So a kill -9 loses only the lines of these
// milliseconds. If the reader is stuck and the buffer is full, or if the disk is full, lines are lost, but mail is not
// delayed. As soon as writing works again, the number of lost lines is logged.
// Bytes that are not printable ASCII are written as \xHH, whatever their origin.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "settings/settings.h"
#include "text/diagnostic.h"

namespace shorthop {

/// A field of the journal (systemd.journal-fields(7)), such as SHORTHOP_QUEUE_ID.
struct LogField {
  std::string_view name;
  std::string value;
};

class Log {
 public:
  /// `native`: whether text may be sent to the journal directly instead of through standard error.
  Log(LogFormat format, LogLevel level, bool names_recipients = true, bool native = true);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  Log(Log&&) = delete;
  Log& operator=(Log&&) = delete;

  LogFormat format() const;
  bool shows(LogLevel level) const;
  /// Whether lines about messages may name recipients and targets.
  bool names_recipients() const;

  /// Warnings and errors with the same text are suppressed beyond a few each minute (repetition.h).
  void write(LogLevel level, std::string_view message);
  void debug(std::string_view message) { write(LogLevel::debug, message); }
  void info(std::string_view message) { write(LogLevel::info, message); }
  void warning(std::string_view message) { write(LogLevel::warning, message); }
  void error(std::string_view message) { write(LogLevel::error, message); }
  void write(const Diagnostic& diagnostic);

  /// Like write(), but about one message: its queue ID is put before the text. Messages that differ only in the queue
  /// ID count as the same text.
  void write_of_message(LogLevel level, std::string_view queue_id, std::string_view message);

  /// Logs a recipient's line: a text, or a JSON object whose fields are added to time and level. Never suppressed.
  void write_recipient(LogLevel level, std::string_view line, const std::vector<LogField>& fields = {});

  /// Logs how often texts were suppressed, once a minute for each. Call this every few seconds.
  void report_repetition();

  /// Waits briefly until everything is written. The destructor does so too.
  void flush();
  /// The number of lines that standard error or the journal did not accept.
  std::uint64_t lines_lost() const;

 private:
  struct Output;
  std::unique_ptr<Output> output_;
};

}  // namespace shorthop
