#include "tool/install_paths.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace shorthop::tool {
namespace {

namespace fs = std::filesystem;

/// The directory of the running program; empty if it is not known.
fs::path own_directory() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path();
}

}  // namespace

std::string scripts_directory() {
  std::error_code error;
  const fs::path beside = own_directory().parent_path() / "share/shorthop";
  return fs::is_directory(beside, error) ? beside.native() : "/usr/share/shorthop";
}

std::string command_with_path(std::string_view name) {
  std::error_code error;
  const fs::path beside = own_directory() / name;
  return fs::is_regular_file(beside, error) ? beside.native() : std::string(name);
}

std::string crontab_of(std::string_view job, std::string relay) {
  std::ranges::replace(relay, '.', '-');  // cron(8) ignores files of /etc/cron.d with a dot in their names
  return std::string("/etc/cron.d/").append(job).append("-").append(relay);
}

}  // namespace shorthop::tool
