#include "daemon/log/log.h"

#include <spdlog/common.h>
#include <spdlog/details/log_msg.h>
#include <spdlog/formatter.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/sink.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <iterator>

#include "daemon/log/journal_writer.h"
#include "daemon/log/line_writer.h"
#include "daemon/log/log_time.h"
#include "daemon/log/repetition.h"
#include "session/explain.h"
#include "system/mail_journal.h"
#include "text/ascii.h"
#include "text/json.h"

namespace shorthop {
namespace {

constexpr std::chrono::seconds max_flush_wait{1};  // the longest wait in flush() for each output
// Bytes of JSON: 1000 targets (Limits::leaves), with each byte escaped as \uXXXX in the worst case.
constexpr std::size_t max_object = std::size_t{3} << 20;

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: break;
  }
  return spdlog::level::err;
}

LogLevel level_of(Severity severity) {
  switch (severity) {
    case Severity::note: return LogLevel::info;
    case Severity::warning: return LogLevel::warning;
    case Severity::error: break;
  }
  return LogLevel::error;
}

/// Whether standard error is the journal (systemd.exec(5), JOURNAL_STREAM: device and inode number).
bool is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");  // NOLINT(concurrency-mt-unsafe): before any thread
  struct stat status{};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return false;
  return fmt::format("{}:{}", status.st_dev, status.st_ino) == stream;
}

/// The priority prefix of sd-daemon(3), which the journal strips from the line.
std::string_view priority_of(spdlog::level::level_enum level) {
  if (level == spdlog::level::debug) return "<7>";
  if (level == spdlog::level::info) return "<6>";
  return level == spdlog::level::warn ? "<4>" : "<3>";
}

void append(spdlog::memory_buf_t& to, std::string_view text) { to.append(text.data(), text.data() + text.size()); }

void append_time(spdlog::memory_buf_t& to, spdlog::log_clock::time_point time) {
  const LogTime text = log_time(time, utc_offset(time));
  append(to, {text.data(), text.size()});
}

/// The layout of a line. It has no state, so several threads may use it at once.
class LineFormatter final : public spdlog::formatter {
 public:
  LineFormatter(LogFormat format, bool journal) : format_(format), is_journal_(journal) {}

  void format(const spdlog::details::log_msg& line, spdlog::memory_buf_t& to) override {
    const auto level_name = spdlog::level::to_string_view(line.level);
    const std::string_view level(level_name.data(), level_name.size());
    const std::string_view payload(line.payload.data(), line.payload.size());
    if (is_journal_) append(to, priority_of(line.level));
    if (format_ == LogFormat::json) {
      append(to, R"({"time":")");
      append_time(to, line.time);
      fmt::format_to(std::back_inserter(to), R"(","level":"{}",{}}})", level, payload);
    } else if (is_journal_) {
      append(to, payload);
    } else {
      append_time(to, line.time);
      for (const std::string_view part : {std::string_view(" "), level, std::string_view(": "), payload})
        append(to, part);
    }
    append(to, "\n");
  }

  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<LineFormatter>(format_, is_journal_);
  }

 private:
  LogFormat format_;
  bool is_journal_;
};

/// What LineFormatter expects of a message: the text, or in JSON a field.
std::string payload_of(LogFormat format, std::string_view message) {
  std::string text = one_line(message);
  if (format == LogFormat::text) return text;
  std::string field = "\"message\":";
  append_json_string(field, text);
  return field;
}

/// The line that reports lost lines.
std::string lost_lines(LogFormat format, LineFormatter& formatter, std::uint64_t lost) {
  const auto message = payload_of(format, fmt::format("lost {} log lines: standard error did not accept them", lost));
  spdlog::memory_buf_t line;
  formatter.format({"", spdlog::level::warn, message}, line);
  return {line.data(), line.size()};
}

/// Passes each line to the writer. spdlog's own sinks hold a lock while they format and write. A thread that is
/// preempted then would delay all other threads, and the mail with them.
class StandardError final : public spdlog::sinks::sink {
 public:
  explicit StandardError(LogFormat format)
      : formatter_(format, is_journal()),
        writer_(STDERR_FILENO, LineWriter::default_capacity,
                [format, formatter = formatter_](auto lost) mutable { return lost_lines(format, formatter, lost); }) {}

  void log(const spdlog::details::log_msg& line) override {
    spdlog::memory_buf_t text;
    formatter_.format(line, text);
    writer_.write({text.data(), text.size()});
  }

  void flush() override { writer_.flush(max_flush_wait); }
  std::uint64_t lines_lost() const { return writer_.lost(); }
  void set_pattern(const std::string&) override {}  // the format is fixed by the settings
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

 private:
  LineFormatter formatter_;
  LineWriter writer_;
};

/// Names of fields: systemd.journal-fields(7).
JournalFields journal_entry(LogLevel level, std::string_view message, const std::vector<LogField>& fields) {
  JournalFields entry;
  entry.push_back(fmt::format("PRIORITY={}", priority_of(level_of(level)).substr(1, 1)));
  entry.push_back(std::string("MESSAGE=").append(message));
  for (const LogField& field : fields) {
    entry.push_back(fmt::format("{}={}", field.name, one_line(field.value)));
  }
  return entry;
}

/// The fields of a JSON object without the outer braces, which LineFormatter adds.
std::string_view fields_of(std::string_view object) {
  return object.size() < 2 ? object : object.substr(1, object.size() - 2);
}

}  // namespace

struct Log::Output {
  Output(LogFormat log_format, bool with_recipients, bool native)
      : format(log_format),
        names_recipients(with_recipients),
        sink(std::make_shared<StandardError>(log_format)),
        logger("shorthopd", sink) {
    if (native && format == LogFormat::text && is_journal() && can_send_to_journal())
      journal = std::make_unique<JournalWriter>(send_to_journal);
  }

  void log(LogLevel level, std::string_view payload, const std::vector<LogField>& fields = {}) {
    if (journal == nullptr) {
      logger.log(level_of(level), spdlog::string_view_t(payload.data(), payload.size()));
    } else if (logger.should_log(level_of(level))) {
      journal->write(journal_entry(level, payload, fields));
    }
  }

  const LogFormat format;
  const bool names_recipients;
  const bool is_of_journal = is_journal();
  const std::shared_ptr<StandardError> sink;
  spdlog::logger logger;
  std::unique_ptr<JournalWriter> journal;  ///< null: standard error
  Repetition repetition;
};

Log::Log(LogFormat format, LogLevel level, bool names_recipients, bool native)
    : output_(std::make_unique<Output>(format, names_recipients, native)) {
  output_->logger.set_level(level_of(level));
  // Errors inside spdlog must not bypass the writer and go to standard error.
  output_->logger.set_error_handler([](const std::string&) {});
}

Log::~Log() = default;

LogFormat Log::format() const { return output_->format; }

bool Log::shows(LogLevel level) const { return output_->logger.should_log(level_of(level)); }

bool Log::names_recipients() const { return output_->names_recipients; }

void Log::write(LogLevel level, std::string_view message) { write_of_message(level, {}, message); }

void Log::write_of_message(LogLevel level, std::string_view queue_id, std::string_view message) {
  if (!shows(level)) return;
  const bool may_repeat = level == LogLevel::debug || level == LogLevel::info;
  if (!may_repeat && !output_->repetition.admits(message, std::chrono::steady_clock::now())) return;
  if (queue_id.empty()) return output_->log(level, payload_of(output_->format, message));
  std::string line;
  append_queue_id(line, queue_id);
  line.append(": ").append(message);
  output_->log(level, payload_of(output_->format, line), {{"SHORTHOP_QUEUE_ID", std::string(queue_id)}});
}

void Log::report_repetition() {
  for (const auto& [text, times] : output_->repetition.ended(std::chrono::steady_clock::now())) {
    const std::string line = fmt::format("repeated {} more times: {}", times, text);
    output_->log(LogLevel::warning, payload_of(output_->format, line));
  }
}

void Log::write(const Diagnostic& diagnostic) {
  // The journal keeps the level in a field that its lines do not show, so the text for the journal names the severity.
  write(level_of(diagnostic.severity), output_->is_of_journal ? diagnostic.text() : diagnostic.text_without_severity());
}

void Log::write_recipient(LogLevel level, std::string_view line, const std::vector<LogField>& fields) {
  if (!shows(level)) return;
  std::string safe;  // used only if the text must change
  if (!is_one_line(line, max_object)) {
    safe = one_line(line, max_object);  // max_object, because a truncated object is not valid JSON
    line = safe;
  }
  output_->log(level, format() == LogFormat::json ? fields_of(line) : line, fields);
}

void Log::flush() {
  output_->logger.flush();
  if (output_->journal) output_->journal->flush(max_flush_wait);
}

std::uint64_t Log::lines_lost() const {
  return output_->sink->lines_lost() + (output_->journal ? output_->journal->lost() : 0);
}

}  // namespace shorthop
