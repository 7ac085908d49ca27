#include "load/include_copies.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <variant>

#include "load/rejected_files.h"
#include "tables/text/target.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

// These limits allow far more than can be expanded: members beyond Limits::leaves are not followed.
constexpr std::size_t max_include_files = 10'000;
constexpr std::size_t max_file_size = 8U << 20;      // bytes
constexpr std::size_t max_include_size = 64U << 20;  // bytes

class IncludeLoader {
 public:
  IncludeLoader(const RelaySettings& relay, const FileReader& files, Diagnostics& warnings)
      : relay_(relay), files_(files), warnings_(warnings) {}

  void add_table(const Table& table) {
    table.each_entry([this](std::string_view, std::string_view value, std::uint32_t) {
      if (may_include(value)) add(parse_targets(value, Dialect::local8));
    });
  }
  void add_text(std::string_view text) {
    if (may_include(text)) add(parse_target_lines(text));
  }

  std::shared_ptr<const IncludeFiles> load() {
    for (; !waiting_.empty(); waiting_.pop_front()) {
      auto file = read(waiting_.front());
      if (!file) warn(waiting_.front(), file.error());
      if (file) add(file->targets);
      (*result_)[waiting_.front()] = std::move(file);
    }
    return result_;
  }

 private:
  /// A quick check: most values have no include.
  static bool may_include(std::string_view text) {
    constexpr std::string_view word = "include:";
    return std::ranges::search(text, word, {}, ascii_lower).begin() != text.end();
  }

  void add(const std::vector<Target>& targets) {
    for (const Target& target : targets) {
      const auto* include = std::get_if<IncludeTarget>(&target);
      if (include == nullptr || result_->contains(include->path)) continue;
      if (result_->size() >= max_include_files) return;
      result_->emplace(include->path, std::unexpected("it was not read"));
      waiting_.push_back(include->path);
    }
  }

  std::expected<IncludeFile, std::string> read(const std::string& path) {
    if (!path.starts_with('/')) return std::unexpected("the path is relative");
    if (path.contains("/../") || path.ends_with("/..")) return std::unexpected("the path has a '..'");
    if (path.contains('\0')) return std::unexpected("the path has a NUL byte");
    const std::filesystem::path copy = std::filesystem::path(relay_.include_root.value) / path.substr(1);
    const FileStamp stamp = files_.stamp(copy);
    if (auto link = why_links_rejected(copy, relay_.include_root.value, files_))
      return std::unexpected(std::move(*link));
    if (auto refusal = why_include_rejected(stamp, relay_.profile.value)) return std::unexpected(std::move(*refusal));
    const auto size = static_cast<std::size_t>(stamp.size);
    if (size > max_file_size || total_size_ + size > max_include_size) return std::unexpected("it is too large");
    const auto text = files_.read(copy);
    if (!text) return std::unexpected(fmt::format("{}: {}", copy.string(), text.error().what));
    if (!text->empty() && !text->ends_with('\n')) {
      return std::unexpected("the last line has no newline: the copy may be incomplete");
    }
    total_size_ += text->size();
    return IncludeFile{parse_target_lines(*text, Limits().leaves), text->contains('\\')};
  }

  void warn(const std::string& path, const std::string& why) {
    warnings_.push_back({relay_.include_root.origin,
                         fmt::format(":include:{}: {}; recipients that lead there are kept", printable(path, 200), why),
                         "copy the file below include-root (rsync -a)", Severity::warning, ErrorClass::missing});
  }

  const RelaySettings& relay_;
  const FileReader& files_;
  Diagnostics& warnings_;
  std::shared_ptr<IncludeFiles> result_ = std::make_shared<IncludeFiles>();
  std::deque<std::string> waiting_;
  std::size_t total_size_ = 0;
};

}  // namespace

std::shared_ptr<const IncludeFiles> include_copies(const RelaySettings& relay, const TableList& aliases,
                                                   const ForwardCopies* forwards, const FileReader& files,
                                                   Diagnostics& warnings) {
  IncludeLoader loader(relay, files, warnings);
  for (const auto& table : aliases.tables()) loader.add_table(*table);
  if (forwards != nullptr) forwards->each_text([&](std::string_view text) { loader.add_text(text); });
  return loader.load();
}

void report_missing_include_root(const RelaySettings& settings, Diagnostics& warnings) {
  const Located<std::string>& root = settings.include_root;
  std::error_code error;
  if (root.value.empty() || std::filesystem::is_directory(root.value, error)) return;
  warnings.push_back({root.origin,
                      fmt::format("include-root: {} cannot be read as a directory, so recipients with an include are "
                                  "kept",
                                  printable(root.value, 200)),
                      "copy the include files there, or remove the setting", Severity::warning, ErrorClass::missing});
}

}  // namespace shorthop
