// Looks at paths, sockets and accounts for shorthop check: stat(2), connect(2), the user and group databases.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "settings/setting_values.h"
#include "system/change_time.h"
#include "system/descriptor.h"
#include "tool/accounts.h"
#include "tool/doctor/gather.h"
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

/// Connects and says nothing: a milter takes that for a client that has changed its mind.
Connection connection_to(const sockaddr* address, socklen_t length) {
  constexpr int limit = 2000;  // milliseconds
  const Descriptor socket(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.is_open()) return Connection::not_tried;
  int error = ::connect(socket.get(), address, length) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    pollfd waiting{socket.get(), POLLOUT, 0};
    socklen_t size = sizeof error;
    error = ::poll(&waiting, 1, limit) == 1 ? 0 : ETIMEDOUT;
    if (error == 0) ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  }
  if (error == 0 || error == EAGAIN) return Connection::accepted;  // EAGAIN: its queue is full
  if (error == ECONNREFUSED) return Connection::refused;
  return error == EACCES || error == EPERM ? Connection::not_tried : Connection::failed;
}

Connection connection_to_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return Connection::not_tried;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return connection_to(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

/// "inet:port@address"; a name or a service by name is not asked.
Connection connection_to_inet(const std::string& socket) {
  const std::string text = socket.substr(socket.find(':') + 1);
  const std::size_t at = text.find('@');
  std::string host = at == text.npos ? "127.0.0.1" : text.substr(at + 1);
  if (host == "localhost" || host == "0.0.0.0") host = "127.0.0.1";
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  if (host == "::") host = "::1";
  std::uint16_t port = 0;
  std::from_chars(text.data(), text.data() + std::min(at, text.size()), port);
  sockaddr_in four{};
  sockaddr_in6 six{};
  four.sin_family = AF_INET;
  six.sin6_family = AF_INET6;
  four.sin_port = six.sin6_port = htons(port);
  if (port == 0) return Connection::not_tried;
  if (inet_pton(AF_INET, host.c_str(), &four.sin_addr) == 1) {
    return connection_to(reinterpret_cast<const sockaddr*>(&four), sizeof four);
  }
  if (inet_pton(AF_INET6, host.c_str(), &six.sin6_addr) == 1) {
    return connection_to(reinterpret_cast<const sockaddr*>(&six), sizeof six);
  }
  return Connection::not_tried;
}

/// The file that a table is read from; empty: none.
std::string file_of_table(const std::string& table) {
  const std::string type = table.substr(0, table.find(':'));
  std::string path = table.substr(table.find(':') + 1);
  if (type == "text" || type == "texthash") return path;
  if (type == "hash" || type == "btree") return path + ".db";
  return type == "lmdb" || type == "cdb" ? path + "." + type : std::string();
}

/// The newest file of a directory; empty: there is none.
std::string newest_in(const fs::path& directory) {
  std::string newest;
  std::optional<std::chrono::system_clock::time_point> latest;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    const auto changed = change_time(entry->path().string());
    if (!changed || (latest && *changed <= *latest)) continue;
    latest = changed;
    newest = entry->path().string();
  }
  return newest;
}

void add_copies(HostFacts& facts) {
  for (const RelaySettings& relay : facts.settings->relays) {
    std::vector<std::string> paths = {relay.primary_postconf.value};
    for (const auto* tables : {&relay.virtual_alias_maps, &relay.alias_maps, &relay.mailboxes}) {
      for (const std::string& table : tables->value) paths.push_back(file_of_table(table));
    }
    if (!relay.forward_files.value.empty())
      paths.push_back(newest_in(fs::path(relay.forward_files.value).parent_path()));
    for (const std::string& path : paths) {
      if (path.empty()) continue;
      if (const auto changed = change_time(path)) facts.copies.push_back({path, *changed});
    }
  }
}

void add_data_files(HostFacts& facts) {
  std::vector<std::string> paths = {facts.settings->file};
  const auto add_tables = [&](const std::vector<std::string>& tables) {
    for (const std::string& table : tables) paths.push_back(file_of_table(table));
  };
  add_tables(facts.settings->local_recipients.value);
  for (const RelaySettings& relay : facts.settings->relays) {
    paths.push_back(relay.file);
    paths.push_back(relay.primary_postconf.value);
    for (const auto* tables : {&relay.virtual_alias_maps, &relay.alias_maps, &relay.mailboxes}) {
      add_tables(tables->value);
    }
  }
  std::error_code error;
  for (const std::string& path : paths) {
    if (!path.empty()) facts.data_files.push_back(path_facts(fs::absolute(path, error)));
  }
}

}  // namespace

void gather_files(HostFacts& facts) {
  const std::string& socket = facts.settings->socket;
  if (socket.starts_with("inet")) {
    facts.connection = connection_to_inet(socket);
  } else {
    const std::string path = socket.substr(socket.find(':') + 1);
    facts.socket = path_facts(path);
    if (facts.socket.back().kind == PathPart::Kind::socket) facts.connection = connection_to_unix(path);
  }
  if (facts.postfix) {
    const std::string owner(facts.postfix->facts.value("mail_owner"));
    facts.postfix_account = account_named(owner.empty() ? "postfix" : owner);
  }
  facts.daemon_account = daemon_account(*facts.settings, facts.config == default_config);
  add_data_files(facts);
  add_copies(facts);
}

}  // namespace shorthop::tool
