// The files that a relay was loaded from: whether they have changed since, whether they rest, and how old the data is.
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

/// Whether a modification time may be right. One that is more than five minutes after `now` tells nothing about the age
/// of the data.
bool is_believed(FileStamp::Time modified, FileStamp::Time now);

class DataFiles {
 public:
  /// `stamp` is from before the file was read; of two for one path the first holds.
  void add(const std::string& path, const FileStamp& stamp) { stamps_.emplace(path, stamp); }

  bool empty() const { return stamps_.empty(); }
  bool has_regular_file() const;

  /// A file that is not as it was when it was read; nothing if all are.
  std::optional<std::string> first_changed(const FileReader& files) const;

  /// Adds the stamps that the files have now to `fresh`.
  void stamp_again(const FileReader& files, DataFiles& fresh) const;

  /// When one of them was written, replaced or renamed last. A modification time beyond `now` is not believed.
  FileStamp::Time last_touched(FileStamp::Time now) const;

  /// The regular file that was modified last, by its own time, which rsync(1) keeps, of those whose time is believed.
  std::optional<NewestFile> newest(FileStamp::Time now) const;

 private:
  std::map<std::string, FileStamp> stamps_;
};

/// Reads files and adds each to `data`, whether it is there or not. For one thread.
class TrackedFiles final : public FileReader {
 public:
  TrackedFiles(const FileReader& files, DataFiles& data) : files_(files), data_(data) {}

  std::expected<std::string, ReadFailure> read(const std::filesystem::path& path) const override;
  FileStamp stamp(const std::filesystem::path& path) const override;

 private:
  const FileReader& files_;
  DataFiles& data_;
};

}  // namespace shorthop
