#include "system/sockets.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <netdb.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "system/system_error.h"

namespace shorthop {
namespace {

constexpr auto stop_other = "stop the other process; if it is shorthopd, it is running already";

Diagnostic problem(const Endpoint& socket, std::string what, std::string fix, ErrorClass error_class) {
  return {{socket.text(), 0}, std::move(what), std::move(fix), Severity::error, error_class};
}

/// The address of a UNIX socket; nullopt if the path is too long or has a NUL.
std::optional<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path || path.contains('\0')) return std::nullopt;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

template <class Address>
const sockaddr* generic(const Address& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

/// 0 if a process accepts connections there, else errno; ECONNREFUSED: the socket has no listener any more.
int connect_error(const sockaddr_un& address) {
  const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe.is_open()) return errno;
  return ::connect(probe.get(), generic(address), sizeof address) == 0 ? 0 : errno;
}

/// Tries to bind the address: 0, or errno. libmilter would not report errno.
int bind_error(const sockaddr* address, socklen_t length) {
  const Descriptor probe(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!probe.is_open()) return errno;
  const int on = 1;
  if (address->sa_family != AF_UNIX) ::setsockopt(probe.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(probe.get(), address, length) != 0) return errno;
  // Binding is enough to prove that a UNIX socket can be created. If it listened, clients could connect to a socket
  // that is about to be removed.
  if (address->sa_family == AF_UNIX) return 0;
  // Two sockets may be bound to one address as long as neither listens (socket(7), SO_REUSEADDR).
  return ::listen(probe.get(), 1) == 0 ? 0 : errno;
}

std::optional<Diagnostic> remove_stale(const Endpoint& socket, const sockaddr_un& address) {
  struct stat status{};
  if (::lstat(socket.path.c_str(), &status) != 0) return std::nullopt;  // nothing there, or bind will report the reason
  if (!S_ISSOCK(status.st_mode))
    return problem(socket, "the path exists and is not a socket", "move it away", ErrorClass::settings);
  const int error = connect_error(address);
  if (error == 0 || error == EAGAIN)  // EAGAIN: there is a listener, but its queue is full
    return problem(socket, "another process answers on this socket", stop_other, ErrorClass::temporary);
  if (error != ECONNREFUSED)
    return problem(socket, "cannot determine whether the socket is in use: " + error_text(error),
                   "remove it if it was left behind", ErrorClass::settings);
  if (::unlink(socket.path.c_str()) != 0 && errno != ENOENT)
    return problem(socket, "cannot remove the socket that was left behind: " + error_text(errno),
                   "remove it, or make shorthopd's user the owner of the directory", ErrorClass::settings);
  return std::nullopt;
}

std::filesystem::path directory_of(const Endpoint& socket) { return std::filesystem::path(socket.path).parent_path(); }

/// The problem if the path is too long for a socket, or its directory does not exist.
std::optional<Diagnostic> wrong_path(const Endpoint& socket) {
  if (!unix_address(socket.path))
    return problem(socket, fmt::format("the path is longer than {} bytes", sizeof(sockaddr_un::sun_path) - 1),
                   "use a shorter one", ErrorClass::settings);
  const auto directory = directory_of(socket);
  std::error_code ignored;
  if (std::filesystem::is_directory(directory, ignored)) return std::nullopt;
  return problem(socket, fmt::format("the directory {} does not exist", directory.string()),
                 fmt::format("make it: install -d -o USER -g GROUP -m 2750 {}", directory.string()),
                 ErrorClass::settings);
}

Diagnostic cannot_make(const Endpoint& socket, int error) {
  return problem(socket, "cannot make the socket: " + error_text(error),
                 fmt::format("make {} writable for shorthopd's user", directory_of(socket).string()),
                 ErrorClass::settings);
}

std::optional<Diagnostic> prepare_unix(const Endpoint& socket) {
  if (auto wrong = wrong_path(socket)) return wrong;
  const auto address = unix_address(socket.path);
  if (auto conflict = remove_stale(socket, *address)) return conflict;
  const int error = bind_error(generic(*address), sizeof *address);
  if (error != 0) return cannot_make(socket, error);
  ::unlink(socket.path.c_str());
  return std::nullopt;
}

/// Whether the open file is still the one at this path: the previous holder of the lock may have removed the file
/// before we got the lock.
bool is_at(int descriptor, const std::string& path) {
  struct stat open_file{};
  struct stat file{};
  return ::fstat(descriptor, &open_file) == 0 && ::lstat(path.c_str(), &file) == 0 && open_file.st_dev == file.st_dev &&
         open_file.st_ino == file.st_ino;
}

Diagnostic cannot_take_lock(const Endpoint& socket, const std::string& path) {
  return problem(socket, fmt::format("another process holds the lock {}", path), stop_other, ErrorClass::temporary);
}

Diagnostic cannot_open_lock(const Endpoint& socket, const std::string& path, int error) {
  if (error == ENOENT || error == EROFS) return cannot_make(socket, error);
  return problem(socket, fmt::format("cannot open the lock file {}: {}", path, error_text(error)),
                 "make it writable for shorthopd's user, or remove it if it was left behind", ErrorClass::settings);
}

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

/// Finds the addresses that a TCP socket can be bound to. Returns 0, or the error of getaddrinfo(3).
int look_up(const Endpoint& socket, AddressList& addresses) {
  addrinfo hints{};
  hints.ai_family = socket.type == Endpoint::Type::inet6 ? AF_INET6 : AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* list = nullptr;
  const int failed = ::getaddrinfo(socket.host.c_str(), std::to_string(socket.port).c_str(), &hints, &list);
  addresses.reset(list);
  return failed;
}

std::optional<Diagnostic> prepare_tcp(const Endpoint& socket) {
  AddressList addresses(nullptr, &::freeaddrinfo);
  const int failed = look_up(socket, addresses);
  if (failed != 0)
    return problem(socket, fmt::format("no such address or port: {}", ::gai_strerror(failed)),
                   "write it as inet:10027@127.0.0.1", ErrorClass::settings);
  const int error = bind_error(addresses->ai_addr, addresses->ai_addrlen);
  if (error == 0) return std::nullopt;
  if (error == EADDRINUSE)
    return problem(socket, "another process answers on this address", stop_other, ErrorClass::temporary);
  return problem(socket, "cannot listen there: " + error_text(error),
                 "use an address of this host and a port above 1023", ErrorClass::settings);
}

}  // namespace

socklen_t address_of(const Endpoint& socket, sockaddr_storage& address) {
  if (socket.is_unix()) {
    const auto found = unix_address(socket.path);
    if (!found) return 0;
    std::memcpy(&address, &*found, sizeof *found);
    return sizeof *found;
  }
  AddressList addresses(nullptr, &::freeaddrinfo);
  if (look_up(socket, addresses) != 0) return 0;
  std::memcpy(&address, addresses->ai_addr, addresses->ai_addrlen);
  return addresses->ai_addrlen;
}

std::expected<gid_t, Diagnostic> group_named(const std::string& name) {
  std::vector<char> buffer(1024);
  group entry{};
  group* found = nullptr;
  int error = 0;
  while ((error = ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found)) == ERANGE)
    buffer.resize(buffer.size() * 2);
  if (found != nullptr) return found->gr_gid;
  return std::unexpected(
      Diagnostic{{},
                 fmt::format("unknown group \"{}\"{}", name, error == 0 ? "" : ": " + error_text(error)),
                 "name the group of the mail system in socket-group, usually postfix",
                 Severity::error,
                 ErrorClass::settings});
}

std::optional<Diagnostic> prepare_address(const Endpoint& socket) {
  return socket.is_unix() ? prepare_unix(socket) : prepare_tcp(socket);
}

CreationMode::CreationMode(const SocketAccess& access) {
  if (access.mode) before_ = ::umask(~*access.mode & 0777);
}

CreationMode::~CreationMode() {
  if (before_) ::umask(*before_);
}

std::optional<Diagnostic> grant(const Endpoint& socket, const SocketAccess& access) {
  if (!socket.is_unix()) return std::nullopt;
  if (access.group && ::chown(socket.path.c_str(), static_cast<uid_t>(-1), *access.group) != 0)
    return problem(socket, "cannot give the socket to socket-group: " + error_text(errno),
                   "add shorthopd's user to that group", ErrorClass::settings);
  if (access.mode && ::chmod(socket.path.c_str(), *access.mode) != 0)
    return problem(socket, "cannot set socket-mode: " + error_text(errno), "", ErrorClass::settings);
  return std::nullopt;
}

std::expected<SocketLock, Diagnostic> SocketLock::take(const Endpoint& socket) {
  if (!socket.is_unix()) return SocketLock();
  if (auto wrong = wrong_path(socket)) return std::unexpected(std::move(*wrong));
  const std::string path = socket.path + ".lock";
  for (;;) {
    Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file.is_open()) return std::unexpected(cannot_open_lock(socket, path, errno));
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0)
      return std::unexpected(errno == EWOULDBLOCK ? cannot_take_lock(socket, path)
                                                  : cannot_open_lock(socket, path, errno));
    if (!is_at(file.get(), path)) continue;
    return SocketLock(path, std::move(file));
  }
}

SocketLock::SocketLock(SocketLock&& other) noexcept
    : path_(std::exchange(other.path_, {})), file_(std::move(other.file_)) {}

SocketLock& SocketLock::operator=(SocketLock&& other) noexcept {
  std::swap(path_, other.path_);
  file_.swap(other.file_);
  return *this;
}

void SocketLock::release() {
  if (!path_.empty()) ::unlink(path_.c_str());  // before the lock is released: until then the file is ours
  path_.clear();
  file_.close();
}

SocketFile::SocketFile(const Endpoint& socket, SocketLock lock) : lock_(std::move(lock)) {
  struct stat status{};
  if (!socket.is_unix() || ::lstat(socket.path.c_str(), &status) != 0) return;
  path_ = socket.path;
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

void SocketFile::remove() {
  struct stat status{};
  if (!path_.empty() && ::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_)
    ::unlink(path_.c_str());
  path_.clear();
  lock_.release();
}

}  // namespace shorthop
