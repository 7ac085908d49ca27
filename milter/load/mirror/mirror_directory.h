// The directory of a mirror of a primary (DESIGN 5): whether the copy is complete, and its files by their paths on the
// primary.
#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "load/mirror/manifest.h"
#include "system/file_reader.h"

namespace shorthop {

/// The directory of a mirror, and its stamp.
struct MirrorDirectory {
  std::filesystem::path root;   ///< the directory itself, even if the setting names a link to it
  std::filesystem::path named;  ///< as the setting names it; unlike `root`, the same for every copy
  FileStamp stamp;              ///< stat(2) of the file "stamp"

  std::filesystem::path operator/(std::string_view part) const { return root / part; }
};

/// Finds the directory that the setting names; a link is followed. An error if it does not exist or cannot be entered.
std::expected<MirrorDirectory, ReadFailure> find_mirror(const std::string& directory, const FileReader& files);

/// Why the mirror must not be loaded: for example, a file changed after the stamp, or a directory cannot be listed.
/// Empty: it may be loaded; without a stamp nothing is checked.
std::string torn_mirror(const MirrorDirectory& mirror);

/// Reads below one root; the paths are those on the primary. A link that leads out of the root is a failure.
class RootedFiles final : public FileReader {
 public:
  RootedFiles(const FileReader& files, std::filesystem::path root) : files_(files), root_(std::move(root)) {}

  std::expected<std::string, ReadFailure> read(const std::filesystem::path& path) const override;
  FileStamp stamp(const std::filesystem::path& path) const override;
  /// The path on this host; an error: it leads out of the root, or is not there.
  std::expected<std::string, ReadFailure> local_path(const std::filesystem::path& path) const;

 private:
  const FileReader& files_;
  std::filesystem::path root_;
};

/// Counts the items in each file that is read. For one thread.
class CountedFiles final : public FileReader {
 public:
  explicit CountedFiles(const FileReader& files) : files_(files) {}
  CountedFiles(const CountedFiles&) = delete;
  CountedFiles& operator=(const CountedFiles&) = delete;
  ~CountedFiles() override = default;

  std::expected<std::string, ReadFailure> read(const std::filesystem::path& path) const override;
  FileStamp stamp(const std::filesystem::path& path) const override { return files_.stamp(path); }
  /// By path.
  const std::map<std::string, std::size_t, std::less<>>& counts() const { return counts_; }

 private:
  const FileReader& files_;
  mutable std::map<std::string, std::size_t, std::less<>> counts_;
};

/// The files of a mirror with their owners and modes on the primary, from the manifest: on this host they belong to
/// whoever unpacked them. A file that the manifest does not name has the owner and mode of its copy.
class PrimaryStamps final : public FileReader {
 public:
  PrimaryStamps(const FileReader& files, const MirrorDirectory& mirror, const Manifest& manifest)
      : files_(files), directory_(mirror), manifest_(manifest) {}

  std::expected<std::string, ReadFailure> read(const std::filesystem::path& path) const override {
    return files_.read(path);
  }
  FileStamp stamp(const std::filesystem::path& path) const override;

 private:
  const FileReader& files_;
  const MirrorDirectory& directory_;
  const Manifest& manifest_;
};

}  // namespace shorthop
