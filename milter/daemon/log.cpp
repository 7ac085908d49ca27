#include "daemon/log.h"

#include <spdlog/common.h>
#include <spdlog/details/log_msg.h>
#include <spdlog/pattern_formatter.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>

#include "daemon/line_writer.h"
#include "daemon/one_line.h"
#include "mail/json.h"

namespace shorthop {
namespace {

constexpr std::chrono::seconds patience{1};    // for standard error, where something waits for it at all
constexpr std::size_t longest_object = 65536;  // bytes of JSON

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: break;
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

/// The fields of a JSON object without its first brace and its last: our pattern brings them.
std::string_view fields_of(std::string_view object) {
  return object.size() < 2 ? object : object.substr(1, object.size() - 2);
}

}  // namespace

struct Log::Output {
  explicit Output(LogFormat log_format)
      : format(log_format), pattern(formatter_for(log_format)), writer(STDERR_FILENO) {}

  /// A formatter remembers the second it has written last, so each thread has its own; a Log made later is another.
  spdlog::formatter& formatter_of_this_thread() const {
    thread_local std::uint64_t owner = 0;
    thread_local std::unique_ptr<spdlog::formatter> formatter;
    if (owner != number) formatter = pattern->clone();
    owner = number;
    return *formatter;
  }

  void append(spdlog::memory_buf_t& lines, LogLevel level, std::string_view payload) const {
    const spdlog::details::log_msg line("", level_of(level), {payload.data(), payload.size()});
    formatter_of_this_thread().format(line, lines);
  }

  /// Hands lines on in one piece, after the report of those that were lost before, if any.
  void put(const spdlog::memory_buf_t& lines, std::size_t count) {
    const std::size_t lost_before = lost.exchange(0);
    bool is_taken = false;
    if (lost_before == 0) {
      is_taken = writer.write({lines.data(), lines.size()});
    } else {
      const auto what = fmt::format("{} log lines are lost: standard error did not take them", lost_before);
      spdlog::memory_buf_t report;
      append(report, LogLevel::warning, payload_of(format, what));
      report.append(lines.data(), lines.data() + lines.size());
      is_taken = writer.write({report.data(), report.size()});
    }
    if (!is_taken) lost += lost_before + count;
  }

  static inline std::atomic<std::uint64_t> last_number = 0;
  const std::uint64_t number = ++last_number;
  const LogFormat format;
  const std::unique_ptr<spdlog::formatter> pattern;
  std::atomic<LogLevel> least = LogLevel::info;
  std::atomic<std::size_t> lost = 0;
  LineWriter writer;
};

Log::Log(LogFormat format, LogLevel level) : output_(std::make_unique<Output>(format)) { output_->least = level; }

Log::~Log() = default;

LogFormat Log::format() const { return output_->format; }

bool Log::shows(LogLevel level) const { return level >= output_->least.load(std::memory_order_relaxed); }

void Log::write(LogLevel level, std::string_view message) {
  if (!shows(level)) return;
  spdlog::memory_buf_t lines;
  output_->append(lines, level, payload_of(output_->format, message));
  output_->put(lines, 1);
}

void Log::write(const Diagnostic& diagnostic) {
  write(diagnostic.severity == Severity::warning ? LogLevel::warning : LogLevel::error, diagnostic.text());
}

void Log::write_message(std::span<const std::string> messages) {
  if (messages.empty() || !shows(LogLevel::info)) return;
  spdlog::memory_buf_t lines;
  for (const auto& message : messages) {
    const std::string safe = one_line(message, longest_object);  // an object that is cut is no object
    output_->append(lines, LogLevel::info, format() == LogFormat::json ? fields_of(safe) : std::string_view(safe));
  }
  output_->put(lines, messages.size());
}

void Log::flush() { output_->writer.flush(patience); }

}  // namespace shorthop
