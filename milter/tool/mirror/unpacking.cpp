#include "tool/mirror/unpacking.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <optional>

#include "system/descriptor.h"
#include "system/system_error.h"
#include "text/ascii.h"
#include "tool/mirror/sha256.h"

namespace shorthop::tool {
namespace {

namespace fs = std::filesystem;

class Unpacking {
 public:
  Unpacking(fs::path root, const CheckedBundle& checked, const struct stat& like)
      : root_(std::move(root)), checked_(checked), mode_((like.st_mode & 0755) | 0700), group_(like.st_gid) {}

  std::expected<void, std::string> use(const BundleMember& member, const NextPart& next) {
    if (member.path == "stamp") return {};
    if (member.is_directory) return make_directories(member.path);
    const std::size_t slash = member.path.rfind('/');
    if (slash != member.path.npos) {
      if (auto made = make_directories(member.path.substr(0, slash)); !made) return made;
    }
    return write_file(member, next);
  }

  /// Why this host could not write a file; nullopt: it could.
  const std::optional<Diagnostic>& trouble() const { return trouble_; }

  /// Writes everything to the disk, and only then makes the stamp. Returns errno, or 0.
  int finish() {
    const Descriptor directory(::open(root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory.is_open() || share(directory.get(), mode_) != 0 || ::syncfs(directory.get()) != 0) return errno;
    const Descriptor stamp(::open((root_ / "stamp").c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    const std::time_t seconds = checked_.manifest.time->time_since_epoch().count();
    const std::array<timespec, 2> times{timespec{seconds, 0}, timespec{seconds, 0}};
    if (!stamp.is_open() || share(stamp.get(), mode_ & 0666) != 0) return errno;
    if (::futimens(stamp.get(), times.data()) != 0 || ::fsync(stamp.get()) != 0) return errno;
    return ::fsync(directory.get()) == 0 ? 0 : errno;
  }

 private:
  /// Records that the fault is on this host, not in the bundle.
  std::unexpected<std::string> failure(const fs::path& path) {
    trouble_ = failed_temporarily(path, errno);
    return std::unexpected(trouble_->what);
  }

  /// Gives the file its group and mode. Only root may choose the group. If another user runs this, the
  /// new file keeps its group.
  int share(int fd, mode_t mode) const {
    if (::geteuid() == 0 && ::fchown(fd, static_cast<uid_t>(-1), group_) != 0) return -1;
    return ::fchmod(fd, mode);
  }

  std::expected<void, std::string> make_directories(const std::string& path) {
    for (std::size_t at = path.find('/');; at = path.find('/', at + 1)) {
      const fs::path directory = root_ / path.substr(0, at);
      if (::mkdir(directory.c_str(), 0700) == 0) {
        const Descriptor made(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!made.is_open() || share(made.get(), mode_) != 0) return failure(directory);
      } else if (errno != EEXIST) {
        return failure(directory);
      }
      if (at == path.npos) return {};
    }
  }

  std::expected<void, std::string> write_file(const BundleMember& member, const NextPart& next) {
    const fs::path path = root_ / member.path;
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file.is_open()) return failure(path);
    Sha256 sha256;
    for (;;) {
      const auto part = next();
      if (!part) return std::unexpected(part.error());
      if (part->empty()) break;
      sha256.add(*part);
      if (!write_all(file.get(), *part)) return failure(path);
    }
    const auto named = checked_.manifest.files.find(member.path);
    if (named != checked_.manifest.files.end() && named->second.sha256 != sha256.digits()) {
      return std::unexpected(excerpt(member.path) + " changed while the bundle was read");
    }
    // load/mirror compares the times of a table's text and its database. A time that cannot be set does no harm.
    const std::array<timespec, 2> times{timespec{member.changed, 0}, timespec{member.changed, 0}};
    ::futimens(file.get(), times.data());
    return share(file.get(), mode_ & 0666) == 0 ? std::expected<void, std::string>() : failure(path);
  }

  fs::path root_;
  const CheckedBundle& checked_;
  mode_t mode_;  ///< the mode of directories
  gid_t group_;
  std::optional<Diagnostic> trouble_;
};

}  // namespace

Diagnostic failed_temporarily(const fs::path& path, int error) {
  return {
      {path.native(), 0}, error_text(error) + "; the mirror is unchanged", {}, Severity::error, ErrorClass::temporary};
}

std::expected<void, Diagnostic> unpack_below(const fs::path& root, const Bundle& bundle, const CheckedBundle& checked,
                                             const fs::path& like) {
  struct stat status{};
  if (::stat(like.c_str(), &status) != 0) return std::unexpected(failed_temporarily(like, errno));
  Unpacking unpacking(root, checked, status);
  const auto use = [&](const BundleMember& member, const NextPart& next) { return unpacking.use(member, next); };
  if (auto unpacked = bundle.each_member(use); !unpacked) {
    return unpacking.trouble() ? std::unexpected(*unpacking.trouble()) : std::move(unpacked);
  }
  if (const int error = unpacking.finish()) return std::unexpected(failed_temporarily(root, error));
  return {};
}

}  // namespace shorthop::tool
