// Users of this host: the daemon's, and the one as whom root reads what was copied from a primary. The copies are
// brought by an unprivileged user, who could let a link in them lead to a file that only root may read.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "settings/settings.h"
#include "tool/doctor/host_facts.h"

namespace shorthop::tool {

std::optional<Account> account_named(const std::string& name);

/// The user that shorthopd runs as: whoever made its socket. Before it runs, the one that the packages make for their
/// settings (`is_packaged`); absent: not known.
std::optional<Account> daemon_account(const Settings& settings, bool is_packaged);

/// As whom copies are read: the daemon's user, or where that is not known (or root) the first other user who owns a
/// part of their paths. Absent: whoever runs this is not root, or all of it is root's own.
std::optional<Account> reader_of_copies(const Settings& settings, bool is_packaged);

/// Has every file opened and every program started with the rights of that account, until it is destroyed. For the
/// whole process: nothing else may run meanwhile that needs root.
class ReadingAs {
 public:
  explicit ReadingAs(const std::optional<Account>& account);
  ~ReadingAs();
  ReadingAs(const ReadingAs&) = delete;
  ReadingAs(ReadingAs&&) = delete;
  ReadingAs& operator=(const ReadingAs&) = delete;
  ReadingAs& operator=(ReadingAs&&) = delete;

 private:
  bool is_other_ = false;
  gid_t gid_ = 0;
  std::vector<gid_t> groups_;
};

}  // namespace shorthop::tool
