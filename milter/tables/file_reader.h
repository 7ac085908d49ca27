// The one seam to the file system for texts; the test double is a map.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>

namespace shorthop {

struct ReadFailure {
  enum class Kind : std::uint8_t { missing, unreadable };
  Kind kind = Kind::unreadable;
  std::string what;  ///< a sentence without the path: "no such file", "permission denied"
};

struct FileReader {
  virtual ~FileReader() = default;
  /// The whole regular file, or why not. A missing file is a failure here; callers decide what it means.
  virtual std::expected<std::string, ReadFailure> read(const std::filesystem::path& path) const = 0;
};

/// Files of this system, up to 2 GiB each.
class SystemFiles final : public FileReader {
 public:
  std::expected<std::string, ReadFailure> read(const std::filesystem::path& path) const override;
};

}  // namespace shorthop
