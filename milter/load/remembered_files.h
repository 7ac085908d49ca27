// Files that stay as they were when they were first asked for: the :include: files of one snapshot (DESIGN 2.6). Only
// tables name them, so what is kept is bounded by the tables.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "tables/file_reader.h"

namespace shorthop {

class RememberedFiles final : public FileReader {
 public:
  explicit RememberedFiles(std::shared_ptr<const FileReader> files) : files_(std::move(files)) {}

  std::expected<std::string, ReadFailure> read(const std::filesystem::path& path) const override {
    std::lock_guard lock(mutex_);
    const auto known = texts_.find(path);
    if (known != texts_.end()) return known->second;
    return texts_.emplace(path, files_->read(path)).first->second;
  }

 private:
  std::shared_ptr<const FileReader> files_;
  mutable std::mutex mutex_;
  mutable std::map<std::filesystem::path, std::expected<std::string, ReadFailure>> texts_;
};

}  // namespace shorthop
