#include "tables/types/databases/database_reader.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include "system/regular_file_reader.h"
#include "system/system_error.h"
#include "tables/types.h"

namespace shorthop {
namespace {

using Failure = DatabaseCopy::Failure;

constexpr std::chrono::milliseconds between_tries{20};

std::unexpected<Failure> failure_of(int error) {
  return std::unexpected(Failure{error_text(error), ErrorClass::temporary});
}

Failure failure_to_open(const ReadFailure& failure) {
  return {failure.what, error_class_of(failure.kind), advice_for(failure.kind, "correct the path, or run postmap(1)")};
}

/// Takes both kinds of lock: Postfix uses flock for hash: and fcntl for lmdb: (util/myflock.c). The fcntl lock is on
/// the open file description, so closing the file elsewhere in this process does not release it.
bool try_shared_lock(int file) {
  struct flock whole{};
  whole.l_type = F_RDLCK;
  whole.l_whence = SEEK_SET;
  return ::flock(file, LOCK_SH | LOCK_NB) == 0 && ::fcntl(file, F_OFD_SETLK, &whole) == 0;
}

bool wait_for_shared_lock(int file, std::chrono::milliseconds max_wait) {
  for (std::chrono::milliseconds waited{0}; !try_shared_lock(file); waited += between_tries) {
    const bool busy = errno == EWOULDBLOCK || errno == EAGAIN || errno == EACCES || errno == EINTR;
    // The file system has no locks: Postfix could not lock the file either.
    if (!busy) return true;
    if (waited >= max_wait) return false;
    std::this_thread::sleep_for(between_tries);
  }
  return true;
}

std::expected<std::size_t, Failure> copy(int from, int to) {
  std::array<char, 64 * 1024> buffer;
  for (std::size_t size = 0;;) {
    const ssize_t got = ::read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure_of(errno);
    if (got == 0) return size;
    size += static_cast<std::size_t>(got);
    if (size > max_file) return std::unexpected(Failure{"is larger than 2 GiB", ErrorClass::data});
    if (!write_all(to, std::string_view(buffer.data(), static_cast<std::size_t>(got)))) return failure_of(errno);
  }
}

}  // namespace

std::expected<DatabaseCopy, Failure> DatabaseCopy::make(const std::filesystem::path& path,
                                                        std::chrono::milliseconds max_wait) {
  const auto file = RegularFile::open(path);
  if (!file) return std::unexpected(failure_to_open(file.error()));
  if (!wait_for_shared_lock(file->descriptor(), max_wait)) {
    return std::unexpected(Failure{"another process has held its lock for too long", ErrorClass::temporary});
  }
  DatabaseCopy result(Descriptor(::memfd_create("shorthop-table", MFD_CLOEXEC)));
  if (!result.descriptor_.is_open()) return failure_of(errno);
  const auto size = copy(file->descriptor(), result.descriptor());
  if (!size) return std::unexpected(size.error());
  result.size_ = *size;
  void* mapping = *size == 0 ? MAP_FAILED : ::mmap(nullptr, *size, PROT_READ, MAP_SHARED, result.descriptor(), 0);
  if (mapping != MAP_FAILED) result.mapping_ = static_cast<const char*>(mapping);
  return result;
}

DatabaseCopy::DatabaseCopy(DatabaseCopy&& other) noexcept
    : descriptor_(std::move(other.descriptor_)), size_(other.size_), mapping_(std::exchange(other.mapping_, nullptr)) {}

DatabaseCopy::~DatabaseCopy() {
  if (mapping_) ::munmap(const_cast<char*>(mapping_), size_);
}

std::string DatabaseCopy::path() const { return "/proc/self/fd/" + std::to_string(descriptor()); }

}  // namespace shorthop
