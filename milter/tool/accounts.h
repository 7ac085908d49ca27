// Finds users of this host: the user that the daemon runs as, and the user whose rights root uses to read copies of a
// primary's files. If root read them with its own rights, the unprivileged user who writes the copies could make root
// read any file, through a link.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "settings/settings.h"
#include "tool/doctor/host_facts.h"

namespace shorthop::tool {

std::optional<Account> account_named(const std::string& name);

/// The user that shorthopd runs as: the owner of its socket. Without a Unix socket, the user that the packages create,
/// if the settings file comes from the packages (`is_packaged`). nullopt if unknown.
std::optional<Account> daemon_account(const Settings& settings, bool is_packaged);

/// The user whose rights are used to read copies: the daemon's user. If that is unknown or root: the first owner other
/// than root on the paths of the copies, or below them. nullopt if the caller is not root, or if root owns everything.
std::optional<Account> reader_of_copies(const Settings& settings, bool is_packaged);

/// The owner of a directory: root writes below it with the rights of this user. nullopt if the caller is not root, if
/// root is the owner, or if the directory does not exist.
std::optional<Account> writer_below(const std::string& directory);

/// While an object of this class exists, the process opens files and starts programs with the rights of the account.
/// The whole process is affected: nothing that needs root may run meanwhile.
class ActingAs {
 public:
  explicit ActingAs(const std::optional<Account>& account);
  ~ActingAs();
  ActingAs(const ActingAs&) = delete;
  ActingAs(ActingAs&&) = delete;
  ActingAs& operator=(const ActingAs&) = delete;
  ActingAs& operator=(ActingAs&&) = delete;

 private:
  bool is_other_ = false;
  gid_t gid_ = 0;
  std::vector<gid_t> groups_;
};

}  // namespace shorthop::tool
