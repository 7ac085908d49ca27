// The files that a relay was loaded from: whether they have changed, and when they were modified.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "system/file_reader.h"

namespace shorthop {

struct NewestFile {
  std::string path;
  FileStamp::Time modified;
};

/// Whether a modification time is plausible: not more than five minutes after `now`.
bool is_plausible(FileStamp::Time modified, FileStamp::Time now);

class DataFiles {
 public:
  /// `stamp` was taken before the file was read. If a path is added twice, its first stamp is used.
  void add(const std::string& path, const FileStamp& stamp) { stamps_.emplace(path, stamp); }

  /// Removes a file that has no alias data, such as the file with the parameters of a live table.
  void remove(const std::string& path) { stamps_.erase(path); }

  bool empty() const { return stamps_.empty(); }
  bool has_regular_file() const;

  /// A file that changed since it was read; nullopt if none did.
  std::optional<std::string> first_changed(const FileReader& files) const;

  /// The same set of files, with the stamps that they have now.
  DataFiles stamped_again(const FileReader& files) const;

  /// Whether the stamps show that no file was touched during the last `settle_time`. Always true if that is zero.
  bool are_stable(std::chrono::seconds settle_time) const;

  /// The last time that any of the files was written, replaced or renamed. Modification times after `now` are ignored,
  /// and so are change times that are not plausible.
  FileStamp::Time last_touched(FileStamp::Time now) const;

  /// The newest of the regular files whose modification time is plausible. rsync(1) keeps modification times.
  std::optional<NewestFile> newest(FileStamp::Time now) const;

 private:
  std::map<std::string, FileStamp> stamps_;
};

/// Reads texts. A text with a block of zeros counts as unreadable: after a power failure, a file may have its size
/// without its data.
class TextFiles final : public FileReader {
 public:
  explicit TextFiles(const FileReader& files) : files_(files) {}

  std::expected<std::string, ReadFailure> read(const std::filesystem::path& path) const override;
  FileStamp stamp(const std::filesystem::path& path) const override { return files_.stamp(path); }

 private:
  const FileReader& files_;
};

/// Reads texts like TextFiles, and records each file in `data`, even if it is missing. For one thread.
class TrackedFiles final : public FileReader {
 public:
  TrackedFiles(const FileReader& files, DataFiles& data) : files_(files), data_(data) {}

  std::expected<std::string, ReadFailure> read(const std::filesystem::path& path) const override;
  FileStamp stamp(const std::filesystem::path& path) const override;

 private:
  TextFiles files_;
  DataFiles& data_;
};

}  // namespace shorthop
