#include "tool/accounts.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace shorthop::tool {
namespace {

namespace fs = std::filesystem;

std::vector<std::uint32_t> groups_of(const char* name, gid_t first) {
  std::array<gid_t, 1024> groups{};
  int count = static_cast<int>(groups.size());
  if (getgrouplist(name, first, groups.data(), &count) < 0) return {first};
  return {groups.begin(), groups.begin() + count};
}

std::string group_name(gid_t gid) {
  std::array<char, 16384> buffer{};
  struct group entry{};
  struct group* found = nullptr;
  getgrgid_r(gid, &entry, buffer.data(), buffer.size(), &found);
  return found == nullptr ? std::string() : std::string(found->gr_name);
}

std::optional<Account> account_of(const struct passwd* entry) {
  if (entry == nullptr) return std::nullopt;
  return Account{entry->pw_name, entry->pw_uid, groups_of(entry->pw_name, entry->pw_gid), group_name(entry->pw_gid)};
}

std::optional<Account> account_with(std::uint32_t uid) {
  std::array<char, 16384> buffer{};
  struct passwd entry{};
  struct passwd* found = nullptr;
  getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  return account_of(found);
}

/// The owner of the first part of the path that does not belong to root: this user may have chosen where the rest of
/// the path leads. For a symbolic link, its own owner is used, not its target's.
std::optional<Account> first_other_owner(const fs::path& path) {
  fs::path so_far;
  for (const fs::path& name : path) {
    so_far /= name;
    struct stat status{};
    if (::lstat(so_far.c_str(), &status) != 0) break;
    if (status.st_uid == 0) continue;
    auto account = account_with(status.st_uid);
    return account ? std::move(*account) : Account{{}, status.st_uid, {status.st_gid}, {}};
  }
  return std::nullopt;
}

/// The first owner other than root of a file or directory below this one. A copy may have kept the owners of the
/// original files.
std::optional<Account> other_owner_below(const fs::path& directory) {
  std::error_code error;
  for (fs::recursive_directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    if (auto owner = first_other_owner(entry->path())) return owner;
  }
  return std::nullopt;
}

/// Paths of everything copied from the primaries.
std::vector<fs::path> copied_paths(const Settings& settings) {
  std::vector<fs::path> paths;
  for (const RelaySettings& relay : settings.relays) {
    for (const std::string* path :
         {&relay.mirror.value, &relay.primary_postconf.value, &relay.forward_files.value, &relay.include_root.value}) {
      if (!path->empty()) paths.emplace_back(*path);
    }
    for (const auto* tables : {&relay.virtual_alias_maps, &relay.alias_maps, &relay.mailboxes}) {
      for (const TableName& table : tables->value) paths.emplace_back(table.name);
    }
  }
  return paths;
}

void become(uid_t uid, gid_t gid, const std::vector<gid_t>& groups) {
  // The saved ID stays root's, so that the rights can be restored; a child process does not inherit it (execve(2)).
  if (::setgroups(groups.size(), groups.data()) != 0 || ::setresgid(gid, gid, 0) != 0 ||
      ::setresuid(uid, uid, 0) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot change the user");
  }
}

}  // namespace

std::optional<Account> account_named(const std::string& name) {
  std::array<char, 16384> buffer{};
  struct passwd entry{};
  struct passwd* found = nullptr;
  getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  return account_of(found);
}

std::optional<Account> daemon_account(const Settings& settings, bool is_packaged) {
  struct stat status{};
  const Endpoint& socket = settings.socket;
  if (socket.is_unix() && ::stat(socket.path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode))
    return account_with(status.st_uid);
  return is_packaged ? account_named("shorthop") : std::nullopt;
}

std::optional<Account> reader_of_copies(const Settings& settings, bool is_packaged) {
  if (::geteuid() != 0) return std::nullopt;
  auto account = daemon_account(settings, is_packaged);
  if (account && account->uid != 0) return account;
  for (const fs::path& path : copied_paths(settings)) {
    if (auto owner = first_other_owner(path)) return owner;
  }
  for (const RelaySettings& relay : settings.relays) {
    const fs::path forwards = fs::path(relay.forward_files.value).parent_path();
    for (const fs::path& directory : {fs::path(relay.mirror.value), forwards, fs::path(relay.include_root.value)}) {
      if (directory.empty()) continue;
      if (auto owner = other_owner_below(directory)) return owner;
    }
  }
  return std::nullopt;
}

std::optional<Account> writer_below(const std::string& directory) {
  struct stat status{};
  if (::geteuid() != 0 || ::stat(directory.c_str(), &status) != 0 || status.st_uid == 0) return std::nullopt;
  auto account = account_with(status.st_uid);
  return account ? std::move(*account) : Account{{}, status.st_uid, {status.st_gid}, {}};
}

ActingAs::ActingAs(const std::optional<Account>& account) {
  if (!account || ::geteuid() != 0) return;
  groups_.resize(static_cast<std::size_t>(std::max(0, ::getgroups(0, nullptr))));
  if (::getgroups(static_cast<int>(groups_.size()), groups_.data()) < 0) groups_.clear();
  gid_ = ::getegid();
  become(account->uid, account->gids.front(), {account->gids.begin(), account->gids.end()});
  is_other_ = true;
}

ActingAs::~ActingAs() {
  if (!is_other_) return;
  // The user ID first: only root may change the others.
  if (::setresuid(0, 0, 0) != 0 || ::setresgid(gid_, gid_, gid_) != 0 ||
      ::setgroups(groups_.size(), groups_.data()) != 0) {
    std::abort();  // never continue as the wrong user
  }
}

}  // namespace shorthop::tool
