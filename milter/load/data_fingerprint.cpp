#include "load/data_fingerprint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "tables/index.h"

namespace shorthop {
namespace {

/// A hash that is the same in every process; std::hash does not promise that.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = mixed(0, text.size());
  while (!text.empty()) {
    std::uint64_t word = 0;
    const std::size_t length = std::min(text.size(), sizeof word);
    std::memcpy(&word, text.data(), length);
    text.remove_prefix(length);
    hash = mixed(hash, word);
  }
  return hash;
}

bool is_renewed_by_each_sync(const std::filesystem::path& path) {
  return path.filename() == "stamp" || path.filename() == "manifest";
}

}  // namespace

std::expected<std::string, ReadFailure> FingerprintedFiles::read(const std::filesystem::path& path) const {
  auto text = files_.read(path);
  if (!is_renewed_by_each_sync(path)) contents_[path.native()] = text ? hash_of(*text) : 0;
  return text;
}

FileStamp FingerprintedFiles::stamp(const std::filesystem::path& path) const {
  const FileStamp stamp = files_.stamp(path);
  if (stamp.is_regular && !is_renewed_by_each_sync(path)) {
    stamps_[path.native()] = hash_of(fmt::format("{} {}", stamp.size, stamp.modified.time_since_epoch().count()));
  }
  return stamp;
}

std::string FingerprintedFiles::fingerprint() const {
  // A sum does not depend on the order of the files. Only the last part of each path is used, because a mirror may be
  // in another directory at each load.
  std::uint64_t sum = 0;
  const auto add = [&sum](const std::string& path, std::uint64_t hash) {
    sum += hash_of(fmt::format("{} {}", std::filesystem::path(path).filename().native(), hash));
  };
  for (const auto& [path, hash] : contents_) add(path, hash);
  for (const auto& [path, hash] : stamps_) {
    if (!contents_.contains(path)) add(path, hash);
  }
  return fmt::format("{:016x}", sum);
}

}  // namespace shorthop
