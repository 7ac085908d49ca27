// A private copy of a database file in memory, for the libraries that read hash:, btree:, lmdb: and cdb: files.
// Why a copy: postmap(1) may rewrite such a file under a library that has it mapped or cached, and a truncated or
// damaged file must not take the daemon with it. The copy is made under the shared lock that Postfix's readers take.
#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <string>

#include "tables/diagnostic.h"

namespace shorthop {

class DatabaseCopy {
 public:
  struct Failure {
    std::string what;
    Trouble trouble;
  };

  /// The whole file, up to 2 GiB. Waits for a lock at most five seconds, for anything else not at all.
  static std::expected<DatabaseCopy, Failure> of(const std::filesystem::path& file);

  DatabaseCopy(DatabaseCopy&& other) noexcept;
  DatabaseCopy& operator=(DatabaseCopy&&) = delete;
  ~DatabaseCopy();

  int descriptor() const { return descriptor_; }
  std::size_t size() const { return size_; }
  /// A path to the copy for libraries that want one.
  std::string path() const;
  /// Bytes from the start, as many as there are up to `size`.
  std::string head(std::size_t size) const;
  /// Lengthens the copy by zeros up to `size`, which cost no memory unless they are read.
  bool pad(std::size_t size);

 private:
  DatabaseCopy(int descriptor, std::size_t size) : descriptor_(descriptor), size_(size) {}

  int descriptor_ = -1;
  std::size_t size_ = 0;
};

}  // namespace shorthop
