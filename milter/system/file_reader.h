// The interface for reading text files; the test double is a map.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>

namespace shorthop {

struct ReadFailure {
  enum class Kind : std::uint8_t {
    missing,
    denied,  ///< this process has no permission
    unreadable,
    refused,  ///< the file exists, but the primary's mail system ignores it because of its owner or mode
  };
  Kind kind = Kind::unreadable;
  std::string what;  ///< a sentence without the path: "no such file", "permission denied"
};

/// The kind of failure for the errno of a system call that opens or finds a file.
ReadFailure::Kind read_failure_kind(int error);

/// The result of stat(2): if two stamps of a file are equal, nothing was written to it between them. Symbolic links are
/// followed.
struct FileStamp {
  using Time = std::chrono::sys_time<std::chrono::nanoseconds>;

  bool exists = false;
  bool may_exist = false;  ///< stat(2) failed, but the file may be there: for example, no permission for the directory
  bool is_regular = false;
  bool is_link = false;  ///< the path itself is a symbolic link
  dev_t device = 0;
  ino_t inode = 0;
  mode_t mode = 0;
  uid_t owner = 0;
  off_t size = 0;
  Time modified = {};  ///< st_mtim
  Time changed = {};   ///< st_ctim

  static Time time_of(const timespec& time);
  bool is_missing() const { return !exists && !may_exist; }
  bool operator==(const FileStamp&) const = default;
};

struct FileReader {
  virtual ~FileReader() = default;
  /// The whole regular file, or why not. A missing file is a failure here; callers decide what it means.
  virtual std::expected<std::string, ReadFailure> read(const std::filesystem::path& path) const = 0;
  /// The stamp of a file or directory. The default implementation says that the file is missing.
  virtual FileStamp stamp(const std::filesystem::path& /*path*/) const { return {}; }
};

/// The first line of a file, without white space around it; empty if the file cannot be read.
std::string first_line_in(const FileReader& files, const std::filesystem::path& path);

/// Files of this system, up to 2 GiB each.
class SystemFiles final : public FileReader {
 public:
  std::expected<std::string, ReadFailure> read(const std::filesystem::path& path) const override;
  FileStamp stamp(const std::filesystem::path& path) const override;
};

}  // namespace shorthop
