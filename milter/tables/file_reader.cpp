#include "tables/file_reader.h"

#include <unistd.h>

#include <cerrno>

#include "tables/large_pages.h"
#include "tables/regular_file_reader.h"
#include "tables/system_error.h"

namespace shorthop {

std::expected<std::string, ReadFailure> SystemFiles::read(const std::filesystem::path& path) const {
  const auto file = RegularFile::open(path);
  if (!file) return std::unexpected(file.error());
  constexpr std::size_t step = 64 * 1024;
  std::string text;
  std::size_t room = file->size() + 1;  // so that the end is seen without growing
  text.reserve(room);
  prefer_large_pages(text.data(), text.capacity());
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
    if (size > largest_file) return std::unexpected(ReadFailure{ReadFailure::Kind::unreadable, "is larger than 2 GiB"});
    room = text.capacity() > size ? text.capacity() - size : step;
  }
}

}  // namespace shorthop
