#include "system/packed_file.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "system/system_error.h"

namespace shorthop {
namespace {

constexpr std::size_t block_size = 256 * 1024;

/// The last error of libarchive in words; archive_error_string(3) may return null.
std::string error_of(archive* failed) {
  const char* text = ::archive_error_string(failed);
  return text == nullptr ? "it cannot be unpacked" : text;
}

ReadFailure failure_of(int error) { return {read_failure_kind(error), error_text(error)}; }

/// Only filters that the library implements itself: for other filters it would start programs.
void support_filters(archive* reader) {
  ::archive_read_support_filter_gzip(reader);
  ::archive_read_support_filter_bzip2(reader);
  ::archive_read_support_filter_xz(reader);
  ::archive_read_support_filter_zstd(reader);
  ::archive_read_support_filter_lz4(reader);
  ::archive_read_support_format_empty(reader);
  ::archive_read_support_format_raw(reader);
}

}  // namespace

void PackedFile::Close::operator()(archive* open) const { ::archive_read_free(open); }

std::expected<Descriptor, ReadFailure> PackedFile::open(const std::filesystem::path& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file.is_open()) return std::unexpected(failure_of(errno));
  return file;
}

std::expected<PackedFile, ReadFailure> PackedFile::read(Descriptor file) {
  const int number = file.get();
  return begin(std::move(file), number);
}

std::expected<PackedFile, ReadFailure> PackedFile::read_descriptor(int descriptor) { return begin({}, descriptor); }

std::expected<PackedFile, ReadFailure> PackedFile::begin(Descriptor owned, int descriptor) {
  struct stat about{};
  if (::fstat(descriptor, &about) != 0) return std::unexpected(failure_of(errno));
  if (S_ISDIR(about.st_mode)) return std::unexpected(failure_of(EISDIR));
  PackedFile file;
  file.owned_ = std::move(owned);
  file.modified_ = S_ISREG(about.st_mode) ? std::chrono::system_clock::from_time_t(about.st_mtim.tv_sec)
                                          : std::chrono::system_clock::now();
  file.archive_.reset(::archive_read_new());
  if (!file.archive_) return std::unexpected(failure_of(ENOMEM));
  support_filters(file.archive_.get());
  archive_entry* entry = nullptr;
  if (::archive_read_open_fd(file.archive_.get(), descriptor, block_size) < ARCHIVE_WARN) {
    return std::unexpected(ReadFailure{ReadFailure::Kind::unreadable, error_of(file.archive_.get())});
  }
  const int result = ::archive_read_next_header(file.archive_.get(), &entry);
  file.has_ended_ = result == ARCHIVE_EOF;
  if (result < ARCHIVE_WARN) {
    return std::unexpected(ReadFailure{ReadFailure::Kind::unreadable, error_of(file.archive_.get())});
  }
  return file;
}

std::expected<std::string_view, std::string> PackedFile::next() {
  while (!has_ended_) {
    const void* bytes = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    const int result = ::archive_read_data_block(archive_.get(), &bytes, &size, &offset);
    if (result < ARCHIVE_WARN) {
      has_ended_ = true;
      return std::unexpected(error_of(archive_.get()));
    }
    if (result == ARCHIVE_EOF) has_ended_ = true;
    if (size > 0 && result != ARCHIVE_EOF) return std::string_view(static_cast<const char*>(bytes), size);
  }
  return std::string_view();
}

}  // namespace shorthop
