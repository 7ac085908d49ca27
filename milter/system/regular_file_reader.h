// A regular file, opened for reading. Opening does not block if the path is a fifo.
#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <utility>

#include "system/descriptor.h"
#include "system/file_reader.h"

namespace shorthop {

inline constexpr std::size_t max_file = std::size_t{1} << 31;

/// An open file, closed by the destructor.
class RegularFile {
 public:
  /// Errors: no such file, no permission, not a regular file (a directory, a fifo, a device), larger than 2 GiB.
  static std::expected<RegularFile, ReadFailure> open(const std::filesystem::path& path);

  int descriptor() const { return descriptor_.get(); }
  /// The size when it was opened; it may change while the file is read.
  std::size_t size() const { return size_; }

 private:
  explicit RegularFile(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

  Descriptor descriptor_;
  std::size_t size_ = 0;
};

}  // namespace shorthop
