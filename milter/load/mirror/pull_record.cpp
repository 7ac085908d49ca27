#include "load/mirror/pull_record.h"

#include <filesystem>
#include <system_error>

#include "text/ascii.h"
#include "text/utc_time.h"

namespace shorthop {
namespace {

namespace fs = std::filesystem;

fs::path file_of_record(const std::string& mirror) { return fs::path(mirror + ".generations") / pull_record_name; }

}  // namespace

std::optional<PullRecord> parse_pull_record(std::string_view text) {
  const std::size_t end = text.find('\n');
  const auto time = parse_utc_time(text.substr(0, end));
  if (!time || end == text.npos) return std::nullopt;
  std::string_view failure = text.substr(end + 1);
  if (failure.ends_with('\n')) failure.remove_suffix(1);
  return PullRecord{*time, one_line(failure)};
}

std::optional<PullRecord> last_pull(const std::string& mirror, const FileReader& files) {
  const auto text = files.read(file_of_record(mirror));
  return text ? parse_pull_record(*text) : std::nullopt;
}

Written record_pull(const std::string& mirror, const PullRecord& record) {
  const fs::path file = file_of_record(mirror);
  const auto time = std::chrono::floor<std::chrono::seconds>(record.time);
  const std::string text = utc_time_text(time) + "\n" + one_line(record.failure) + "\n";
  std::error_code error;
  return fs::exists(file, error) ? replace_file(file, text) : create_file(file, text);
}

Written forget_pulls(const std::string& mirror) { return remove_file(file_of_record(mirror)); }

}  // namespace shorthop
