// Examines paths, sockets and accounts for shorthop check: stat(2), connect(2), the user and group databases.
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "system/descriptor.h"
#include "system/file_reader.h"
#include "system/ip_address.h"
#include "system/sockets.h"
#include "tables/types.h"
#include "tool/accounts.h"
#include "tool/doctor/gather/gather.h"
#include "tool/setup/setup_facts.h"
#include "tool/subcommand.h"

namespace shorthop::tool {
namespace {

namespace fs = std::filesystem;

PathPart part_at(const std::string& path) {
  PathPart part{path, PathPart::Kind::missing, 0, 0, 0};
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    part.kind = errno == EACCES ? PathPart::Kind::hidden : PathPart::Kind::missing;
    return part;
  }
  part.kind = S_ISDIR(status.st_mode)    ? PathPart::Kind::directory
              : S_ISSOCK(status.st_mode) ? PathPart::Kind::socket
              : S_ISREG(status.st_mode)  ? PathPart::Kind::file
                                         : PathPart::Kind::other;
  part.mode = status.st_mode & 07777;
  part.uid = status.st_uid;
  part.gid = status.st_gid;
  return part;
}

PathFacts path_facts(const fs::path& path) {
  PathFacts facts;
  fs::path so_far;
  for (const fs::path& name : path) {
    so_far /= name;
    facts.push_back(part_at(so_far.string()));
    if (facts.back().kind == PathPart::Kind::missing || facts.back().kind == PathPart::Kind::hidden) break;
  }
  return facts;
}

/// Connects and sends nothing: a milter handles this like a client that gave up. Host names are not resolved.
Connection connection_to(const Endpoint& endpoint) {
  constexpr int limit = 2000;  // milliseconds
  if (!endpoint.is_unix() && !is_ip_address(endpoint.host) && endpoint.host != "localhost")
    return Connection::not_tried;
  sockaddr_storage address{};
  const socklen_t length = address_of(endpoint.seen_by_clients(), address);
  if (length == 0) return Connection::not_tried;
  const Descriptor socket(::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.is_open()) return Connection::not_tried;
  int error = ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    pollfd waiting{socket.get(), POLLOUT, 0};
    socklen_t size = sizeof error;
    error = ::poll(&waiting, 1, limit) == 1 ? 0 : ETIMEDOUT;
    if (error == 0) ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  }
  if (error == 0 || error == EAGAIN) return Connection::accepted;  // EAGAIN: the accept queue is full
  if (error == ECONNREFUSED) return Connection::refused;
  return error == EACCES || error == EPERM ? Connection::not_tried : Connection::failed;
}

/// The newest file in a directory; empty if there is none.
std::string newest_in(const fs::path& directory) {
  std::string newest;
  FileStamp::Time latest;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    const FileStamp stamp = SystemFiles().stamp(entry->path());
    if (!stamp.exists || (!newest.empty() && stamp.modified <= latest)) continue;
    latest = stamp.modified;
    newest = entry->path().string();
  }
  return newest;
}

void add_copies(HostFacts& facts) {
  for (const RelaySettings& relay : facts.settings->relays) {
    std::vector<std::string> paths = {relay.primary_postconf.value};
    if (!relay.mirror.value.empty()) paths.push_back(relay.mirror.value + "/stamp");
    for (const auto* tables : {&relay.virtual_alias_maps, &relay.alias_maps, &relay.mailboxes}) {
      for (const TableName& table : tables->value) paths.push_back(file_of_table(table).value_or(std::string()));
    }
    if (!relay.forward_files.value.empty())
      paths.push_back(newest_in(fs::path(relay.forward_files.value).parent_path()));
    for (const std::string& path : paths) {
      if (path.empty()) continue;
      if (const FileStamp stamp = SystemFiles().stamp(path); stamp.exists) {
        facts.copies.push_back({path, stamp.modified});
      }
    }
  }
}

/// Adds the paths in a mirror, up to a number that no usual mirror reaches.
void add_mirror(const std::string& directory, std::vector<std::string>& paths) {
  constexpr std::size_t max_files = 1000;
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(directory, error); !error && entry != end(entry);
       entry.increment(error)) {
    if (paths.size() >= max_files) return;
    const bool is_hidden = entry->path().filename().native().starts_with('.');
    if (is_hidden && entry.depth() == 0) entry.disable_recursion_pending();  // work files of a copy
    if (!is_hidden) paths.push_back(entry->path().native());
  }
}

void add_data_files(HostFacts& facts) {
  std::vector<std::string> paths = {facts.settings->file};
  const auto add_tables = [&](const std::vector<TableName>& tables) {
    for (const TableName& table : tables) paths.push_back(file_of_table(table).value_or(std::string()));
  };
  add_tables(facts.settings->local_recipients.value);
  paths.push_back(relay_directory_of(*facts.settings));
  if (facts.postfix) paths.insert(paths.end(), {facts.postfix->main_cf_path, facts.postfix->master_cf_path});
  for (const RelaySettings& relay : facts.settings->relays) {
    paths.push_back(relay.file);
    paths.push_back(relay.primary_postconf.value);
    paths.push_back(relay.mirror.value);
    if (!relay.mirror.value.empty()) add_mirror(relay.mirror.value, paths);
    for (const auto* tables : {&relay.virtual_alias_maps, &relay.alias_maps, &relay.mailboxes}) {
      add_tables(tables->value);
    }
  }
  std::error_code error;
  for (const std::string& path : paths) {
    if (!path.empty()) facts.data_files.push_back(path_facts(fs::absolute(path, error)));
  }
}

/// Files in relay.d that were probably meant to be relay files. "NAME.conf.old" and "NAME.conf~" are left out: they are
/// backups, or files that were switched off.
void add_ignored_files(HostFacts& facts) {
  std::error_code error;
  for (fs::directory_iterator entry(relay_directory_of(*facts.settings), error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const bool is_left_out = name.contains(".conf") || name.starts_with('.') || name.starts_with('#') ||
                             name.ends_with('~') || name.starts_with("README");
    if (!is_left_out && entry->is_regular_file(error)) facts.ignored_files.push_back(entry->path().string());
  }
  std::ranges::sort(facts.ignored_files);
}

}  // namespace

void gather_files(HostFacts& facts) {
  const Endpoint& socket = facts.settings->socket;
  if (socket.is_unix()) facts.socket = path_facts(socket.path);
  if (!socket.is_unix() || facts.socket.back().kind == PathPart::Kind::socket) facts.connection = connection_to(socket);
  if (facts.postfix) {
    const std::string owner(facts.postfix->facts.value("mail_owner"));
    facts.postfix_account = account_named(owner.empty() ? "postfix" : owner);
  }
  facts.daemon_account = daemon_account(*facts.settings, facts.config == default_config);
  add_data_files(facts);
  add_ignored_files(facts);
  std::error_code error;
  if (!facts.settings->state.empty()) facts.state = path_facts(fs::absolute(facts.settings->state, error));
  add_copies(facts);
}

}  // namespace shorthop::tool
