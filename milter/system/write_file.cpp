#include "system/write_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>

#include "system/system_error.h"

namespace shorthop {
namespace {

namespace fs = std::filesystem;

std::unexpected<std::string> failure(const std::string& path, int error) {
  return std::unexpected(fmt::format("{}: {}", path, error_text(error)));
}

/// A temporary file next to the target, removed at the end unless it was renamed.
class NewFile {
 public:
  explicit NewFile(const std::string& beside) : name_(beside + ".XXXXXX"), file_(::mkostemp(name_.data(), O_CLOEXEC)) {
    if (!file_.is_open()) error_ = errno;
  }
  NewFile(const NewFile&) = delete;
  NewFile(NewFile&&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile() {
    if (file_.is_open()) ::unlink(name_.c_str());
  }

  /// Writes the text, and sets the owner and permissions that `like` has. Returns errno, or 0.
  int fill(std::string_view text, const struct stat& like) {
    if (!file_.is_open()) return error_;
    // Only root can change the owner. Other users own the file already, or have no permission to replace it.
    if (::geteuid() == 0 && ::fchown(file_.get(), like.st_uid, like.st_gid) != 0) return errno;
    if (::fchmod(file_.get(), like.st_mode & 07777) != 0 || !write_all(file_.get(), text) || ::fsync(file_.get()) != 0)
      return errno;
    return 0;
  }
  const char* name() const { return name_.c_str(); }

 private:
  std::string name_;
  Descriptor file_;
  int error_ = 0;
};

}  // namespace

std::expected<Descriptor, int> lock_directory(const fs::path& directory) {
  Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.is_open() || ::flock(opened.get(), LOCK_EX | LOCK_NB) != 0) return std::unexpected(errno);
  return opened;
}

int sync_directory(const fs::path& directory) {
  const Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return opened.is_open() && ::fsync(opened.get()) == 0 ? 0 : errno;
}

Written create_file(const std::string& path, std::string_view text) {
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  if (error) return failure(fs::path(path).parent_path().string(), error.value());
  struct stat like{};
  like.st_mode = 0644;
  like.st_uid = ::geteuid();
  like.st_gid = ::getegid();
  NewFile file(path);
  if (const int failed = file.fill(text, like)) return failure(path, failed);
  // link(2), not rename(2): it never replaces a file created in the meantime.
  if (::link(file.name(), path.c_str()) != 0) return failure(path, errno);
  sync_directory(fs::path(path).parent_path());
  return {};
}

Written replace_file(const std::string& path, std::string_view text) {
  std::error_code error;
  const std::string file = fs::canonical(path, error).native();
  return error ? failure(path, error.value()) : copy_file(file, text, file);
}

Written copy_file(const std::string& copy, std::string_view text, const std::string& like) {
  struct stat status{};
  if (::stat(like.c_str(), &status) != 0) return failure(like, errno);
  NewFile file(copy);
  if (const int failed = file.fill(text, status)) return failure(copy, failed);
  if (::rename(file.name(), copy.c_str()) != 0) return failure(copy, errno);
  sync_directory(fs::path(copy).parent_path());
  return {};
}

Written remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failure(path, errno);
  return {};
}

}  // namespace shorthop
