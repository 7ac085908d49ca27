// Reads a file as a stream, and unpacks it if it was packed by gzip, bzip2, xz, zstd or lz4 (libarchive).
#pragma once

#include <chrono>
#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "system/descriptor.h"
#include "system/file_reader.h"

struct archive;

namespace shorthop {

class PackedFile {
 public:
  /// Opens a file, a fifo or a device for read(). Errors: no such file, no permission.
  static std::expected<Descriptor, ReadFailure> open(const std::filesystem::path& path);
  /// Errors: the file is a directory, its first block is damaged, or memory is exhausted.
  static std::expected<PackedFile, ReadFailure> read(Descriptor file);
  /// As read(), for a descriptor that stays open, such as standard input.
  static std::expected<PackedFile, ReadFailure> read_descriptor(int descriptor);

  /// The next bytes, valid until the next call; empty at the end. The error is a sentence: the file is damaged or
  /// truncated. Nothing can be read after an error.
  std::expected<std::string_view, std::string> next();

  /// When the file was last written; the present time if that is unknown.
  std::chrono::system_clock::time_point modified() const { return modified_; }

 private:
  struct Close {
    void operator()(archive* open) const;
  };

  PackedFile() = default;
  static std::expected<PackedFile, ReadFailure> begin(Descriptor owned, int descriptor);

  Descriptor owned_;
  std::unique_ptr<archive, Close> archive_;
  std::chrono::system_clock::time_point modified_;
  bool has_ended_ = false;
};

}  // namespace shorthop
