#include "load/data_files.h"

#include <algorithm>
#include <string_view>

namespace shorthop {
namespace {

constexpr std::chrono::minutes clock_difference{5};  // between the clocks of this host and of the file's writer

}  // namespace

bool is_plausible(FileStamp::Time modified, FileStamp::Time now) { return modified <= now + clock_difference; }

bool DataFiles::has_regular_file() const {
  return std::ranges::any_of(stamps_, [](const auto& known) { return known.second.is_regular; });
}

std::optional<std::string> DataFiles::first_changed(const FileReader& files) const {
  const auto found =
      std::ranges::find_if(stamps_, [&](const auto& known) { return files.stamp(known.first) != known.second; });
  if (found == stamps_.end()) return std::nullopt;
  return found->first;
}

DataFiles DataFiles::stamped_again(const FileReader& files) const {
  DataFiles fresh;
  for (const auto& [path, stamp] : stamps_) fresh.add(path, files.stamp(path));
  return fresh;
}

bool DataFiles::are_stable(std::chrono::seconds settle_time) const {
  const FileStamp::Time now = std::chrono::system_clock::now();
  return settle_time.count() == 0 || last_touched(now) + settle_time <= now;
}

FileStamp::Time DataFiles::last_touched(FileStamp::Time now) const {
  FileStamp::Time last = FileStamp::Time::min();
  for (const auto& [path, stamp] : stamps_) {
    if (!stamp.exists) continue;
    // A change time in the future is from before the clock was set back. A change after that has a plausible time.
    if (is_plausible(stamp.changed, now)) last = std::max(last, stamp.changed);
    if (stamp.modified <= now) last = std::max(last, stamp.modified);
  }
  return last;
}

std::optional<NewestFile> DataFiles::newest(FileStamp::Time now) const {
  std::optional<NewestFile> newest;
  for (const auto& [path, stamp] : stamps_) {
    if (!stamp.is_regular || !is_plausible(stamp.modified, now)) continue;
    if (!newest || stamp.modified > newest->modified) newest = {path, stamp.modified};
  }
  return newest;
}

std::expected<std::string, ReadFailure> TextFiles::read(const std::filesystem::path& path) const {
  auto text = files_.read(path);
  const bool has_zeros = text && text->contains(std::string_view("\0\0", 2));
  if (!has_zeros) return text;
  return std::unexpected(
      ReadFailure{ReadFailure::Kind::unreadable, "it has a block of zeros, so it is damaged or not a text"});
}

std::expected<std::string, ReadFailure> TrackedFiles::read(const std::filesystem::path& path) const {
  data_.add(path.native(), files_.stamp(path));
  return files_.read(path);
}

FileStamp TrackedFiles::stamp(const std::filesystem::path& path) const {
  FileStamp stamp = files_.stamp(path);
  data_.add(path.native(), stamp);
  return stamp;
}

}  // namespace shorthop
