#include "load/mirror/mirror_directory.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>

#include "system/system_error.h"
#include "text/ascii.h"
#include "text/items.h"
#include "text/lines.h"

namespace shorthop {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_mirror_files = 1'000'000;
constexpr int max_depth = 100;  // of directories

/// Whether a path leads out of the root when its links are followed.
bool leads_out_of(const fs::path& root, const fs::path& path) {
  std::error_code error;
  const fs::path real = fs::weakly_canonical(path, error);
  return error || std::ranges::mismatch(root, real).in1 != root.end();
}

/// When a file or directory was last changed; the year 1970 if that is not known.
FileStamp::Time change_time(const fs::path& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0 ? FileStamp::time_of(status.st_ctim) : FileStamp::Time();
}

std::string changed_after_stamp(const fs::path& path) {
  return fmt::format("{} was changed after the stamp: a copy is under way, or failed", printable(path.native(), 200));
}

/// Why this file or directory shows that a copy is running or failed; empty: it does not.
std::string later_than(const FileStamp& stamp, const fs::path& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return fmt::format("{}: {}", path.native(), error_text(errno));
  if (FileStamp::time_of(status.st_ctim) <= stamp.changed) return {};
  return changed_after_stamp(path);
}

/// Whether an entry at the top was removed after the stamp. A removal sets both times of the directory. Either of
/// them may be newer without a removal: a copy may set a modification time in the future if the primary's clock is
/// ahead, and renaming the directory sets the change time. So the earlier of the two is used.
///
/// Creating or removing a work file sets both times too, but loses no entry. While a copy runs, one of its work files
/// is at least as new as the directory. When the copy ends, it removes its work files within `slack` after the stamp.
bool lost_entries(const MirrorDirectory& mirror, FileStamp::Time last_work_file) {
  constexpr std::chrono::seconds slack{1};
  struct stat status{};
  return ::lstat(mirror.root.c_str(), &status) == 0 &&
         std::min(FileStamp::time_of(status.st_mtim), FileStamp::time_of(status.st_ctim)) >
             std::max(mirror.stamp.changed, last_work_file) + slack;
}

}  // namespace

std::expected<MirrorDirectory, ReadFailure> find_mirror(const std::string& directory, const FileReader& files) {
  std::error_code error;
  MirrorDirectory mirror{fs::canonical(directory, error), directory, {}};
  if (!error && !fs::is_directory(mirror.root, error) && !error)
    error = std::make_error_code(std::errc::not_a_directory);
  if (!error) static_cast<void>(fs::status(mirror.root / ".", error));  // may it be entered?
  if (error) return std::unexpected(ReadFailure{read_failure_kind(error.value()), error_text(error.value())});
  mirror.stamp = files.stamp(mirror / "stamp");
  return mirror;
}

std::string torn_mirror(const MirrorDirectory& mirror) {
  if (!mirror.stamp.exists) return {};
  // max-age needs the time of a regular file.
  if (!mirror.stamp.is_regular)
    return printable((mirror / "stamp").native(), 200) + " is not a regular file: remove it";
  std::error_code error;
  std::size_t count = 0;
  FileStamp::Time last_work_file{};
  for (auto entry = fs::recursive_directory_iterator(mirror.root, error); !error && entry != end(entry);
       entry.increment(error)) {
    // Work files of a copy are skipped, such as .lock and .sync of shorthop-mirror.
    if (entry.depth() == 0 && entry->path().filename().native().starts_with('.')) {
      last_work_file = std::max(last_work_file, change_time(entry->path()));
      entry.disable_recursion_pending();
      continue;
    }
    if (++count > max_mirror_files) return fmt::format("it has more than {} files", max_mirror_files);
    if (entry.depth() > max_depth)
      return fmt::format("it has directories that are nested more than {} deep", max_depth);
    if (auto why = later_than(mirror.stamp, entry->path()); !why.empty()) return why;
    if (entry.depth() == 0 && leads_out_of(mirror.root, entry->path())) {
      return fmt::format("{} is a link that leads out of the mirror", printable(entry->path().native(), 200));
    }
  }
  if (error) return fmt::format("{} cannot be listed: {}", mirror.root.native(), error_text(error.value()));
  return lost_entries(mirror, last_work_file) ? changed_after_stamp(mirror.root) : std::string();
}

std::expected<std::string, ReadFailure> RootedFiles::local_path(const fs::path& path) const {
  std::error_code error;
  const fs::path written = root_ / path.relative_path();
  const fs::path real = fs::canonical(written, error);
  if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory) {
    std::error_code ignored;
    if (!fs::is_symlink(written, ignored))
      return std::unexpected(ReadFailure{ReadFailure::Kind::missing, "no such file"});
    return std::unexpected(ReadFailure{ReadFailure::Kind::unreadable, "a symbolic link to a file that was not copied"});
  }
  if (error) return std::unexpected(ReadFailure{read_failure_kind(error.value()), error_text(error.value())});
  const fs::path root = fs::canonical(root_, error);
  const auto [end, rest] = std::ranges::mismatch(root, real);
  if (error || end != root.end()) {
    return std::unexpected(ReadFailure{ReadFailure::Kind::unreadable, "a symbolic link that leads out of the mirror"});
  }
  return real.native();
}

std::expected<std::string, ReadFailure> RootedFiles::read(const fs::path& path) const {
  const auto here = local_path(path);
  if (!here) return std::unexpected(here.error());
  return files_.read(*here);
}

FileStamp RootedFiles::stamp(const fs::path& path) const {
  const auto here = local_path(path);
  return here ? files_.stamp(*here) : FileStamp();
}

std::expected<std::string, ReadFailure> CountedFiles::read(const fs::path& path) const {
  auto text = files_.read(path);
  if (!text) return text;
  std::size_t& count = counts_[path.native()] = 0;
  for (const std::string_view line : lines_of(*text)) {
    if (!line.starts_with('#')) count += list_items(line).size();
  }
  return text;
}

FileStamp PrimaryStamps::stamp(const fs::path& path) const {
  FileStamp stamp = files_.stamp(path);
  const auto named = manifest_.files.find(path.lexically_relative(directory_.root).native());
  if (!stamp.exists || named == manifest_.files.end()) return stamp;
  stamp.mode = named->second.mode;
  stamp.owner = named->second.owner;
  return stamp;
}

}  // namespace shorthop
