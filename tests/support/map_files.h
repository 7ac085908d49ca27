// A file system in a map.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "system/file_reader.h"

namespace shorthop::test {

/// Files that are not in the map are missing; one with the text "unreadable" cannot be read.
class MapFiles final : public FileReader {
 public:
  using Texts = std::map<std::string, std::string>;
  explicit MapFiles(Texts files = {}) : files_(std::move(files)) {}
  std::expected<std::string, ReadFailure> read(const std::filesystem::path& path) const override {
    const auto file = files_.find(path.string());
    if (file == files_.end()) return std::unexpected(ReadFailure{ReadFailure::Kind::missing, "no such file"});
    if (file->second == "unreadable") {
      return std::unexpected(ReadFailure{ReadFailure::Kind::denied, "permission denied"});
    }
    return file->second;
  }

 private:
  Texts files_;
};

}  // namespace shorthop::test
