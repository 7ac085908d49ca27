#include "tables/file_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "tables/system_error.h"

namespace shorthop {
namespace {

constexpr std::size_t largest_file = std::size_t{1} << 31;

std::unexpected<ReadFailure> unreadable(std::string what) {
  return std::unexpected(ReadFailure{ReadFailure::Kind::unreadable, std::move(what)});
}

/// Reads until the end, whatever size the file had before: it may grow or shrink while it is read.
std::expected<std::string, ReadFailure> read_all(int fd, std::size_t expected_size) {
  constexpr std::size_t step = 64 * 1024;
  std::string text;
  std::size_t room = expected_size + 1;  // so that the end is seen without growing
  for (std::size_t size = 0;;) {
    ssize_t got = 0;
    text.resize_and_overwrite(size + room, [&](char* data, std::size_t) {
      do {
        got = ::read(fd, data + size, room);
      } while (got < 0 && errno == EINTR);
      return size + static_cast<std::size_t>(got > 0 ? got : 0);
    });
    if (got < 0) return unreadable(system_sentence(errno));
    if (got == 0) return text;
    size = text.size();
    if (size > largest_file) return unreadable("larger than 2 GiB");
    room = text.capacity() > size ? text.capacity() - size : step;
  }
}

}  // namespace

std::expected<std::string, ReadFailure> SystemFiles::read(const std::filesystem::path& path) const {
  // A fifo or a device must not make us wait.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) {
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    const auto kind = missing ? ReadFailure::Kind::missing : ReadFailure::Kind::unreadable;
    return std::unexpected(ReadFailure{kind, system_sentence(errno)});
  }
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return unreadable(system_sentence(errno));
  if (S_ISDIR(status.st_mode)) return unreadable("is a directory");
  if (!S_ISREG(status.st_mode)) return unreadable("is not a regular file");
  if (static_cast<std::size_t>(status.st_size) > largest_file) return unreadable("larger than 2 GiB");
  return read_all(file.get(), static_cast<std::size_t>(status.st_size));
}

}  // namespace shorthop
