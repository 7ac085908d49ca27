#include "load/rejected_files.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "text/ascii.h"

namespace shorthop {
namespace {

/// Postfix checks the write permission of others, Sendmail also the write permission of the group.
std::optional<std::string> writable_by_others(const FileStamp& stamp, Profile profile) {
  if ((stamp.mode & S_IWOTH) != 0) return "it is writable by everybody";
  if (profile == Profile::sendmail && (stamp.mode & S_IWGRP) != 0) return "it is writable by its group";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> why_forward_rejected(const FileStamp& stamp, Profile profile, std::optional<uid_t> owner) {
  if (!stamp.exists) return std::nullopt;
  if (stamp.is_link) return "it is a symbolic link";
  if (!stamp.is_regular) return "it is not a regular file";
  if (owner && stamp.owner != *owner && stamp.owner != 0) return "it does not belong to the user";
  if (auto writable = writable_by_others(stamp, profile)) return writable;
  if ((stamp.mode & S_IRUSR) == 0) return "its owner cannot read it";
  return std::nullopt;
}

std::optional<std::string> why_home_rejected(mode_t home, Profile profile) {
  if (profile != Profile::sendmail || (home & (S_IWGRP | S_IWOTH)) == 0) return std::nullopt;
  return "its directory is writable by others than the user";
}

std::optional<std::string> why_links_rejected(const std::filesystem::path& file, const std::filesystem::path& root,
                                              const FileReader& files) {
  std::filesystem::path place = root;
  for (const std::filesystem::path& part : file.lexically_relative(root)) {
    place /= part;
    if (files.stamp(place).is_link) return fmt::format("{} is a symbolic link", printable(place.native(), 200));
  }
  return std::nullopt;
}

// local/include.c reads the file with the rights of default_privs, a user who owns no files. So it must be readable by
// everybody.
std::optional<std::string> why_include_rejected(const FileStamp& stamp, Profile profile) {
  if (!stamp.exists) return std::nullopt;
  if (!stamp.is_regular) return "it is not a regular file";
  if (auto writable = writable_by_others(stamp, profile)) return writable;
  if ((stamp.mode & S_IROTH) == 0) return "it is not readable by everybody, so the primary may be unable to read it";
  return std::nullopt;
}

}  // namespace shorthop
