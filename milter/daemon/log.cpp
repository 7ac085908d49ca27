#include "daemon/log.h"

#include <spdlog/common.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <mutex>

#include "daemon/line_writer.h"
#include "daemon/one_line.h"
#include "mail/json.h"

namespace shorthop {
namespace {

constexpr std::chrono::seconds patience{1};      // for standard error, where something waits for it at all
constexpr std::size_t gathered_at_most = 65536;  // of one message's lines, before they go out

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      break;
  }
  return spdlog::level::err;
}

/// Whether standard error is the journal (systemd.exec(5), JOURNAL_STREAM: device and inode number).
bool is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");  // NOLINT(concurrency-mt-unsafe): before any thread
  struct stat status{};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return false;
  return fmt::format("{}:{}", status.st_dev, status.st_ino) == stream;
}

/// "<6>" and the like: the priority as sd-daemon(3) has it, which the journal takes off.
class Priority final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& line, const std::tm&, spdlog::memory_buf_t& to) override {
    const char* text = "<7>";
    if (line.level == spdlog::level::info) text = "<6>";
    if (line.level == spdlog::level::warn) text = "<4>";
    if (line.level >= spdlog::level::err) text = "<3>";
    to.append(text, text + 3);
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<Priority>(); }
};

std::unique_ptr<spdlog::formatter> formatter_for(LogFormat format) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::local, "\n");
  formatter->add_flag<Priority>('*');
  const bool journal = is_journal();
  if (format == LogFormat::json)
    formatter->set_pattern(std::string(journal ? "%*" : "") + R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l",%v})");
  else
    formatter->set_pattern(journal ? "%*%v" : "%Y-%m-%dT%H:%M:%S.%e%z %l: %v");
  return formatter;
}

/// What stands for a message in the pattern of this format.
std::string payload_of(LogFormat format, std::string_view message) {
  std::string text = one_line(message);
  if (format == LogFormat::text) return text;
  std::string field = "\"message\":";
  append_json_string(field, text);
  return field;
}

/// Gathers lines until flush, then hands them on in one piece. What is lost is told with the next lines that are not.
class StandardError final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit StandardError(LogFormat format) : writer_(STDERR_FILENO), format_(format) {}

  void write_out() { writer_.flush(patience); }

 private:
  void sink_it_(const spdlog::details::log_msg& line) override {
    formatter_->format(line, gathered_);
    ++gathered_lines_;
    if (gathered_.size() > gathered_at_most) flush_();
  }

  void flush_() override {
    if (gathered_lines_ == 0) return;
    if (lost_ > 0) gather_report_of_lost();
    if (writer_.write({gathered_.data(), gathered_.size()}))
      lost_ = 0;
    else
      lost_ += gathered_lines_;
    gathered_.clear();
    gathered_lines_ = 0;
  }

  void gather_report_of_lost() {
    const std::string what = payload_of(
        format_, fmt::format("{} log lines before this one are lost: standard error did not take them", lost_));
    formatter_->format(spdlog::details::log_msg("", spdlog::level::warn, what), gathered_);
  }

  LineWriter writer_;
  LogFormat format_;
  spdlog::memory_buf_t gathered_;
  std::size_t gathered_lines_ = 0;
  std::size_t lost_ = 0;
};

/// The fields of a JSON object without its first brace and its last: our pattern brings them.
std::string_view fields_of(std::string_view object) {
  return object.size() < 2 ? object : object.substr(1, object.size() - 2);
}

}  // namespace

struct Log::Lines {
  explicit Lines(LogFormat format) : output(std::make_shared<StandardError>(format)), logger("shorthopd", output) {}
  std::shared_ptr<StandardError> output;
  spdlog::logger logger;
};

Log::Log(LogFormat format, LogLevel level) : format_(format), lines_(std::make_unique<Lines>(format)) {
  lines_->logger.set_formatter(formatter_for(format));
  // spdlog must not write to standard error by itself when a sink throws: there is nobody to tell.
  lines_->logger.set_error_handler([](const std::string&) {});
  set_level(level);
}

Log::~Log() = default;

void Log::flush() { lines_->output->write_out(); }

bool Log::shows(LogLevel level) const { return lines_->logger.should_log(level_of(level)); }

void Log::set_level(LogLevel level) { lines_->logger.set_level(level_of(level)); }

void Log::write(LogLevel level, std::string_view message) {
  if (!shows(level)) return;
  const std::string payload = payload_of(format_, message);
  lines_->logger.log(level_of(level), spdlog::string_view_t(payload.data(), payload.size()));
  lines_->logger.flush();
}

void Log::write(const Diagnostic& diagnostic) {
  write(diagnostic.severity == Severity::warning ? LogLevel::warning : LogLevel::error, diagnostic.text());
}

void Log::write_message(std::span<const std::string> lines) {
  if (lines.empty() || !shows(LogLevel::info)) return;
  for (const auto& line : lines) {
    const std::string safe = one_line(line, gathered_at_most);  // an object that is cut is no object
    const std::string_view payload = format_ == LogFormat::json ? fields_of(safe) : std::string_view(safe);
    lines_->logger.log(spdlog::level::info, spdlog::string_view_t(payload.data(), payload.size()));
  }
  lines_->logger.flush();
}

}  // namespace shorthop
