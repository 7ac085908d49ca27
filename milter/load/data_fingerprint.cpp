#include "load/data_fingerprint.h"

#include <fmt/format.h>

#include <string_view>

namespace shorthop {
namespace {

constexpr std::uint64_t fnv_offset = 14695981039346656037U;
constexpr std::uint64_t fnv_prime = 1099511628211U;

/// FNV-1a, 64 bits: the same on each run, which std::hash does not promise.
std::uint64_t hash_of(std::string_view text, std::uint64_t hash = fnv_offset) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * fnv_prime;
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
  // A sum, because a directory that was opened once has another path at each load; only the file's name counts.
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
