#include "tool/mirror/generations.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <system_error>

#include "load/data_files.h"
#include "load/mirror/pull_record.h"
#include "system/system_error.h"
#include "system/write_file.h"
#include "text/utc_time.h"
#include "tool/mirror/unpacking.h"

namespace shorthop::tool {
namespace {

namespace fs = std::filesystem;
using Time = std::chrono::sys_seconds;

constexpr std::string_view unfinished = ".new-";  // the name of a generation that is being written
constexpr const char* named = ".new-named";       // a link to a generation that has its name, but is not yet in force

/// "20261128T120000Z", so that names sort by time.
std::string name_for(Time time) {
  std::string name = utc_time_text(time);
  std::erase_if(name, [](char c) { return c == '-' || c == ':'; });
  return name;
}

/// The time of the data in a mirror: the time of its stamp.
std::optional<Time> time_of_stamp(const fs::path& mirror) {
  struct stat status{};
  if (::stat((mirror / "stamp").c_str(), &status) != 0) return std::nullopt;
  return Time(std::chrono::seconds(status.st_mtim.tv_sec));
}

bool is_directory_itself(const fs::path& path) {
  std::error_code error;
  return fs::symlink_status(path, error).type() == fs::file_type::directory;
}

/// A generation, a bundle or a record that was not completed.
bool is_unfinished(std::string_view name) {
  return name.starts_with(unfinished) || name.starts_with(stored_bundle) ||
         (name.starts_with(pull_record_name) && name != pull_record_name);
}

/// Why the bundle must not be unpacked: many small files take much more room than their tar. nullopt: there is room.
std::optional<Diagnostic> fault_of_room(const fs::path& directory, const CheckedBundle& checked) {
  const std::uint64_t room = room_in(directory.native());
  const auto files = room_for_files_in(directory.native());
  if (checked.bytes_on_disk <= room && checked.inodes <= files.value_or(checked.inodes)) return std::nullopt;
  const std::string limit = files ? fmt::format("{} bytes and {} files", room, *files) : fmt::format("{} bytes", room);
  return Diagnostic{{directory.native(), 0},
                    fmt::format("there is no room for the bundle: unpacked, it takes {} bytes and {} files, and it may "
                                "take {}; the mirror is unchanged",
                                checked.bytes_on_disk, checked.inodes, limit),
                    "make room on that disk; an import uses at most half of its free space",
                    Severity::error,
                    ErrorClass::temporary};
}

}  // namespace

NewGeneration::~NewGeneration() {
  std::error_code ignored;
  if (!directory_.empty()) fs::remove_all(directory_, ignored);
}

Generations::Generations(fs::path mirror, Descriptor lock)
    : mirror_(std::move(mirror)), directory_(mirror_.native() + ".generations"), lock_(std::move(lock)) {}

Generations::~Generations() {
  if (lock_.is_open()) ::rmdir(directory_.c_str());
}

std::expected<Generations, Diagnostic> Generations::open(const std::string& mirror) {
  const std::string directory = mirror + ".generations";
  struct stat parent{};
  if (::stat(fs::path(mirror).parent_path().c_str(), &parent) != 0) {
    return std::unexpected(failed_temporarily(fs::path(mirror).parent_path(), errno));
  }
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
    return std::unexpected(failed_temporarily(directory, errno));
  auto lock = lock_directory(directory);
  if (!lock && lock.error() == EWOULDBLOCK) {
    return std::unexpected(Diagnostic{{directory, 0},
                                      "another import of this mirror is running",
                                      "try again when it is done",
                                      Severity::error,
                                      ErrorClass::temporary});
  }
  if (!lock) return std::unexpected(failed_temporarily(directory, lock.error()));
  const bool is_group_set = ::geteuid() != 0 || ::fchown(lock->get(), static_cast<uid_t>(-1), parent.st_gid) == 0;
  if (!is_group_set || ::fchmod(lock->get(), (parent.st_mode & 0755) | 0700) != 0) {
    return std::unexpected(failed_temporarily(directory, errno));
  }
  Generations generations(mirror, std::move(*lock));
  generations.remove_unfinished();
  return generations;
}

// No other import can be writing, because the directory is locked. If another pull is writing its record, that record
// is lost, and the pull prints a warning.
void Generations::remove_unfinished() const {
  std::error_code error;
  std::vector<fs::path> left;
  const std::string name = fs::read_symlink(directory_ / named, error).filename().native();
  const std::vector<std::string> all = names();
  if (name != in_force() && std::ranges::find(all, name) != all.end()) left.push_back(directory_ / name);
  for (fs::directory_iterator entry(directory_, error), end; !error && entry != end; entry.increment(error)) {
    if (is_unfinished(entry->path().filename().native())) left.push_back(entry->path());
  }
  for (const fs::path& path : left) fs::remove_all(path, error);
}

std::vector<std::string> Generations::names() const {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(directory_, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().native();
    if (!name.starts_with('.') && is_directory_itself(entry->path())) names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

std::string Generations::in_force() const {
  std::error_code error;
  const fs::path target = fs::read_symlink(mirror_, error);
  if (error || fs::weakly_canonical(mirror_.parent_path() / target.parent_path(), error) !=
                   fs::weakly_canonical(directory_, error)) {
    return {};
  }
  return target.filename().native();
}

std::optional<Time> Generations::newest_time(std::chrono::system_clock::time_point now) const {
  std::optional<Time> newest;
  const auto add = [&](const fs::path& mirror) {
    const auto time = time_of_stamp(mirror);
    if (time && is_plausible(*time, now)) newest = std::max(newest.value_or(*time), *time);
  };
  add(mirror_);
  for (const std::string& name : names()) add(directory_ / name);
  return newest;
}

std::expected<NewGeneration, Diagnostic> Generations::unpack(const Bundle& bundle, const CheckedBundle& checked) const {
  if (auto fault = fault_of_room(directory_, checked)) return std::unexpected(std::move(*fault));
  std::string name = (directory_ / unfinished).native() + "XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) return std::unexpected(failed_temporarily(directory_, errno));
  NewGeneration generation{fs::path(name)};
  auto unpacked = unpack_below(generation.directory(), bundle, checked, mirror_.parent_path());
  if (!unpacked) return std::unexpected(std::move(unpacked.error()));
  return generation;
}

std::expected<std::string, Diagnostic> Generations::take(NewGeneration generation, Time time) const {
  std::string name = name_for(time);
  const fs::path link = directory_ / named;
  if (::symlink(name.c_str(), link.c_str()) != 0) return std::unexpected(failed_temporarily(link, errno));
  auto put = name_and_put_in_force(std::move(generation), name);
  ::unlink(link.c_str());
  if (!put) return std::unexpected(std::move(put.error()));
  return name;
}

std::expected<void, Diagnostic> Generations::name_and_put_in_force(NewGeneration generation,
                                                                   const std::string& name) const {
  if (::rename(generation.directory().c_str(), (directory_ / name).c_str()) != 0) {
    return std::unexpected(failed_temporarily(directory_ / name, errno));
  }
  generation.release();
  NewGeneration removed_on_failure(directory_ / name);
  if (const int error = sync_directory(directory_)) return std::unexpected(failed_temporarily(directory_, error));
  auto put = put_in_force(name);
  // put_in_force() may fail after it has made the link lead to the new generation.
  if (put || in_force() == name) removed_on_failure.release();
  return put;
}

std::expected<void, Diagnostic> Generations::put_in_force(const std::string& name) const {
  // A mirror that was filled in another way is a directory; it becomes a generation.
  const bool is_directory = is_directory_itself(mirror_);
  const Time time = time_of_stamp(mirror_).value_or(Time());
  // The link is made in our own directory, where no other process makes files that could be in the way.
  const fs::path link = directory_ / (is_directory ? name_for(time) + "-directory" : std::string(unfinished) + "link");
  const fs::path target = fs::path(directory_.filename()) / name;
  ::unlink(link.c_str());  // a killed import may have left it
  if (::symlink(target.c_str(), link.c_str()) != 0) return std::unexpected(failed_temporarily(link, errno));
  if (::renameat2(AT_FDCWD, link.c_str(), AT_FDCWD, mirror_.c_str(), is_directory ? RENAME_EXCHANGE : 0) != 0) {
    const int error = errno;
    ::unlink(link.c_str());
    return std::unexpected(failed_temporarily(mirror_, error));
  }
  if (const int error = sync_directory(mirror_.parent_path())) {
    return std::unexpected(failed_temporarily(mirror_.parent_path(), error));
  }
  return {};
}

std::vector<std::string> Generations::remove_old(std::size_t keep, const std::string& before) const {
  const std::string kept = in_force();
  // If these generations stayed, the next --rollback would go back to one of them instead of to `before`.
  const auto is_rolled_back = [&](const std::string& name) { return !before.empty() && name > before && name < kept; };
  std::vector<std::string> unwanted;
  std::vector<std::string> others;  // the oldest first
  std::ranges::partition_copy(names(), std::back_inserter(unwanted), std::back_inserter(others), is_rolled_back);
  std::erase(others, kept);
  others.resize(others.size() - std::min(others.size(), keep > 0 ? keep - 1 : 0));
  unwanted.insert(unwanted.end(), others.begin(), others.end());
  std::erase_if(unwanted, [this](const std::string& name) {
    std::error_code error;
    fs::remove_all(directory_ / name, error);
    return static_cast<bool>(error);
  });
  return unwanted;
}

std::expected<void, Diagnostic> Generations::remove_all() const {
  // The link is removed first, so that a generation that is half removed is never the mirror.
  if (!in_force().empty() && ::unlink(mirror_.c_str()) != 0) return std::unexpected(failed_temporarily(mirror_, errno));
  for (const std::string& name : names()) {
    std::error_code error;
    fs::remove_all(directory_ / name, error);
    if (error) return std::unexpected(failed_temporarily(directory_ / name, error.value()));
  }
  return {};
}

}  // namespace shorthop::tool
