// A private copy of a database file in memory, for the libraries that read hash:, btree:, lmdb: and cdb: files. A copy
// is needed, because postmap(1) may rewrite such a file while a library has it mapped or cached, and a truncated or
// damaged file must not crash the daemon. During the copy, this process holds the shared lock that Postfix's readers
// take.
#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "system/descriptor.h"
#include "text/diagnostic.h"

namespace shorthop {

class DatabaseCopy {
 public:
  struct Failure {
    std::string what;
    ErrorClass error_class = ErrorClass::temporary;
    std::string fix = {};  ///< empty if there is no advice
  };

  /// Copies the whole file, up to 2 GiB. Waits at most `max_wait` for its lock, and for nothing else.
  static std::expected<DatabaseCopy, Failure> make(const std::filesystem::path& file,
                                                   std::chrono::milliseconds max_wait = std::chrono::seconds(5));

  DatabaseCopy(DatabaseCopy&& other) noexcept;
  DatabaseCopy(const DatabaseCopy&) = delete;
  DatabaseCopy& operator=(const DatabaseCopy&) = delete;
  DatabaseCopy& operator=(DatabaseCopy&&) = delete;
  ~DatabaseCopy();

  int descriptor() const { return descriptor_.get(); }
  std::size_t size() const { return size_; }
  /// A path to the copy, for libraries that need one.
  std::string path() const;
  /// The contents, valid during the lifetime of the copy; empty if it cannot be mapped.
  std::string_view bytes() const { return {mapping_, mapping_ ? size_ : 0}; }

 private:
  explicit DatabaseCopy(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

  Descriptor descriptor_;
  std::size_t size_ = 0;
  const char* mapping_ = nullptr;
};

}  // namespace shorthop
