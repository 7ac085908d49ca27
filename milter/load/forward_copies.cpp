#include "load/forward_copies.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "load/change_time.h"
#include "tables/parsed_line.h"
#include "tables/target.h"

namespace shorthop {
namespace {

constexpr std::size_t file_limit = 1'000'000;
constexpr std::size_t total_size_limit = 1U << 30;  // bytes
constexpr std::size_t warning_limit = 100'000;

class Copies final : public FileReader {
 public:
  using Text = std::expected<std::string, ReadFailure>;

  std::expected<std::string, ReadFailure> read(const std::filesystem::path& path) const override {
    const auto found = texts_.find(path.native());
    if (found != texts_.end()) return found->second;
    if (over_limit_) return std::unexpected(ReadFailure{ReadFailure::Kind::unreadable, "too many .forward files"});
    return std::unexpected(ReadFailure{ReadFailure::Kind::missing, "no such file"});
  }

  /// False once the bounds are reached; from then on a file that is not here is a failure, not an absence.
  bool add(const std::string& path, Text text) {
    size_ += text ? text->size() : 0;
    if (texts_.size() >= file_limit || size_ > total_size_limit) {
      over_limit_ = true;
      return false;
    }
    texts_.emplace(path, std::move(text));
    return true;
  }

 private:
  std::unordered_map<std::string, Text> texts_;
  std::size_t size_ = 0;
  bool over_limit_ = false;
};

/// The pattern cut at the path component that has its "%u": "/home/" "%u" "/.forward", "/dir/" "f-%u.txt" "".
struct Pattern {
  explicit Pattern(std::string_view text) {
    const std::size_t place = text.find("%u");
    const std::size_t begin = text.rfind('/', place) + 1;
    const std::size_t end = std::min(text.find('/', place), text.size());
    directory = text.substr(0, begin);
    prefix = text.substr(begin, place - begin);
    suffix = text.substr(place + 2, end - place - 2);
    rest = text.substr(end);
  }

  /// The path of the file that a directory entry stands for; empty if it is none of them.
  std::string path_of(std::string_view entry) const {
    const bool fits =
        entry.size() > prefix.size() + suffix.size() && entry.starts_with(prefix) && entry.ends_with(suffix);
    return fits ? directory + std::string(entry) + rest : std::string();
  }

  std::string directory;
  std::string prefix;
  std::string suffix;
  std::string rest;
};

Diagnostic warning(std::string file, std::string what, std::string mend) {
  return {std::move(file), 0, std::move(what), std::move(mend), Severity::warning, Trouble::missing};
}

/// Users write these files, so that one of them may be wrong in every line: beyond the limit nothing is told.
void report_unreadable(const std::string& path, std::string_view text, Diagnostics& warnings) {
  const std::size_t most = warning_limit - std::min(warning_limit, warnings.size());
  for (const auto& [line, target] : unreadable_target_lines(text, most)) {
    warnings.push_back({path, line, fmt::format("cannot read {}: {}", excerpt(target.text), target.what),
                        "a recipient that leads here is left alone", Severity::warning, Trouble::data});
  }
}

}  // namespace

std::shared_ptr<const FileReader> forward_copies(const std::string& pattern, const FileReader& files,
                                                 Diagnostics& warnings) {
  auto copies = std::make_shared<Copies>();
  const Pattern parts(pattern);
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(parts.directory, error); !error && entry != end(entry);
       entry.increment(error)) {
    const std::string path = parts.path_of(entry->path().filename().native());
    if (path.empty()) continue;
    auto text = files.read(path);
    if (!text && text.error().kind == ReadFailure::Kind::missing) continue;
    if (!text)
      warnings.push_back(warning(path, text.error().what, "its user's recipients are kept until it is readable"));
    if (text) report_unreadable(path, *text, warnings);
    if (!copies->add(path, std::move(text))) {
      warnings.push_back(
          warning(parts.directory, fmt::format("more than {} .forward files", file_limit), "reduce them"));
      break;
    }
  }
  if (error) {
    warnings.push_back(warning(parts.directory, "cannot list the .forward files: " + error.message(),
                               "names that are no alias are kept as mailboxes on the primary"));
  }
  return copies;
}

std::chrono::system_clock::time_point last_change_of_forwards(const std::string& pattern) {
  const Pattern parts(pattern);
  const auto directory = change_time(parts.directory);
  std::optional<std::chrono::system_clock::time_point> last;
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(parts.directory, error); !error && entry != end(entry);
       entry.increment(error)) {
    const std::string path = parts.path_of(entry->path().filename().native());
    if (const auto change = change_time(path)) last = std::max({last, change, directory});
  }
  return last.value_or(std::chrono::system_clock::time_point::max());
}

}  // namespace shorthop
