// The modification time of a file (stat(2), st_mtim), in whole seconds.
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <optional>
#include <string>

namespace shorthop {

/// nullopt if the file does not exist or is not accessible.
inline std::optional<std::chrono::system_clock::time_point> modification_time(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return std::chrono::system_clock::from_time_t(status.st_mtim.tv_sec);
}

}  // namespace shorthop
