// Shows whether two loads of a relay read the same data, even across a restart. A mirror is copied every few minutes,
// and often its files have not changed.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "system/file_reader.h"

namespace shorthop {

/// Reads files and remembers hashes of their contents. If only the stamp of a file is asked for, as for a database, it
/// remembers a hash of size and modification time. For one thread.
class FingerprintedFiles final : public FileReader {
 public:
  explicit FingerprintedFiles(const FileReader& files) : files_(files) {}

  std::expected<std::string, ReadFailure> read(const std::filesystem::path& path) const override;
  FileStamp stamp(const std::filesystem::path& path) const override;

  /// Sixteen hexadecimal digits. The stamp and the manifest of a mirror are left out, because each copy writes them
  /// again.
  std::string fingerprint() const;

 private:
  const FileReader& files_;
  mutable std::map<std::string, std::uint64_t> contents_;  ///< path -> hash of the contents
  mutable std::map<std::string, std::uint64_t> stamps_;    ///< path of a regular file -> hash of its stamp
};

}  // namespace shorthop
