#include "system/regular_file_reader.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "system/system_error.h"

namespace shorthop {
namespace {

std::unexpected<ReadFailure> failure(ReadFailure::Kind kind, std::string what) {
  return std::unexpected(ReadFailure{kind, std::move(what)});
}

}  // namespace

std::expected<RegularFile, ReadFailure> RegularFile::open(const std::filesystem::path& path) {
  using enum ReadFailure::Kind;
  RegularFile file(Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)));
  const int error = errno;  // read once: error_text() allocates, which may change errno
  if (!file.descriptor_.is_open()) return failure(read_failure_kind(error), error_text(error));
  struct stat status{};
  if (::fstat(file.descriptor(), &status) != 0) return failure(unreadable, error_text(errno));
  if (S_ISDIR(status.st_mode)) return failure(unreadable, "is a directory");
  if (!S_ISREG(status.st_mode)) return failure(unreadable, "is not a regular file");
  file.size_ = static_cast<std::size_t>(status.st_size);
  if (file.size_ > max_file) return failure(unreadable, "is larger than 2 GiB");
  return file;
}

}  // namespace shorthop
