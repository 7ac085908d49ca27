#include "system/file_reader.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "system/regular_file_reader.h"
#include "system/system_error.h"
#include "text/ascii.h"

namespace shorthop {

FileStamp::Time FileStamp::time_of(const timespec& time) {
  return Time(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

ReadFailure::Kind read_failure_kind(int error) {
  using enum ReadFailure::Kind;
  if (error == ENOENT || error == ENOTDIR) return missing;
  return error == EACCES || error == EPERM ? denied : unreadable;
}

std::string first_line_in(const FileReader& files, const std::filesystem::path& path) {
  const std::string text = files.read(path).value_or(std::string());
  return std::string(trimmed(std::string_view(text).substr(0, text.find('\n'))));
}

FileStamp SystemFiles::stamp(const std::filesystem::path& path) const {
  struct stat status{};
  struct stat link{};
  if (::stat(path.c_str(), &status) != 0 || ::lstat(path.c_str(), &link) != 0) {
    return {.may_exist = read_failure_kind(errno) != ReadFailure::Kind::missing};
  }
  return {.exists = true,
          .is_regular = S_ISREG(status.st_mode),
          .is_link = S_ISLNK(link.st_mode),
          .device = status.st_dev,
          .inode = status.st_ino,
          .mode = status.st_mode & 07777,
          .owner = status.st_uid,
          .size = status.st_size,
          .modified = FileStamp::time_of(status.st_mtim),
          .changed = FileStamp::time_of(status.st_ctim)};
}

std::expected<std::string, ReadFailure> SystemFiles::read(const std::filesystem::path& path) const {
  const auto file = RegularFile::open(path);
  if (!file) return std::unexpected(file.error());
  constexpr std::size_t step = 64 * 1024;
  std::string text;
  std::size_t room = file->size() + 1;  // one byte more, so that the end of the file is seen before the buffer grows
  text.reserve(room);
  for (std::size_t size = 0;;) {
    ssize_t got = 0;
    text.resize_and_overwrite(size + room, [&](char* data, std::size_t) {
      do {
        got = ::read(file->descriptor(), data + size, room);
      } while (got < 0 && errno == EINTR);
      return size + static_cast<std::size_t>(got > 0 ? got : 0);
    });
    if (got < 0) return std::unexpected(ReadFailure{ReadFailure::Kind::unreadable, error_text(errno)});
    if (got == 0) return text;
    size = text.size();
    if (size > max_file) return std::unexpected(ReadFailure{ReadFailure::Kind::unreadable, "is larger than 2 GiB"});
    room = text.capacity() > size ? text.capacity() - size : step;
  }
}

}  // namespace shorthop
