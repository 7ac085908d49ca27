// The sockets that the daemon listens on: the milter's, which libmilter opens, and what both kinds need around it.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <utility>

#include "system/descriptor.h"
#include "system/endpoint.h"
#include "text/diagnostic.h"

namespace shorthop {

/// Who may connect to a UNIX socket.
struct SocketAccess {
  std::optional<std::uint32_t> mode;  ///< permission bits; absent: as the umask leaves it
  std::optional<gid_t> group;         ///< absent: as it comes
};

/// Where a client connects to the socket, as connect(2) takes it; its length, or 0 if there is no such address.
socklen_t address_of(const Endpoint& socket, sockaddr_storage& address);

/// The group of this name, or why there is none.
std::expected<gid_t, Diagnostic> group_named(const std::string& name);

/// The right to make, replace and remove a UNIX socket, held by one daemon at a time: flock(2) on a file beside it,
/// "PATH.lock". Without it, two daemons that start at once may each find a socket that nobody answers at, and the slower
/// one would remove what the faster one has just made. The lock ends with the process; a file that kill -9 leaves
/// behind hinders nobody.
class SocketLock {
 public:
  /// A lock that locks nothing, as for a TCP socket.
  SocketLock() = default;
  static std::expected<SocketLock, Diagnostic> take(const Endpoint& socket);
  ~SocketLock() { release(); }
  SocketLock(const SocketLock&) = delete;
  SocketLock& operator=(const SocketLock&) = delete;
  SocketLock(SocketLock&& other) noexcept;
  SocketLock& operator=(SocketLock&& other) noexcept;
  /// Removes the file, too.
  void release();

 private:
  SocketLock(std::string path, Descriptor file) : path_(std::move(path)), file_(std::move(file)) {}

  std::string path_;
  Descriptor file_;
};

/// Makes the way free: a UNIX socket that nobody answers at (left by a daemon that was killed) is removed; only for who
/// holds its lock. Somebody who answers, a file that is not a socket, a directory that is missing or not ours to write to, an address that cannot be
/// bound: a diagnostic. Nothing is left listening.
std::optional<Diagnostic> prepare_address(const Endpoint& socket);

/// For as long as it lives, files come with no more than these permissions (umask(2); for one thread alone).
class CreationMode {
 public:
  explicit CreationMode(const SocketAccess& access);
  ~CreationMode();
  CreationMode(const CreationMode&) = delete;
  CreationMode& operator=(const CreationMode&) = delete;
  CreationMode(CreationMode&&) = delete;
  CreationMode& operator=(CreationMode&&) = delete;

 private:
  std::optional<mode_t> before_;
};

/// Sets group and permissions of a UNIX socket that has just been made.
std::optional<Diagnostic> grant(const Endpoint& socket, const SocketAccess& access);

/// A UNIX socket that we made and have to remove at the end, unless another has taken its place.
class SocketFile {
 public:
  SocketFile() = default;
  SocketFile(const Endpoint& socket, SocketLock lock);
  /// Removes it if it is still ours, and gives up its lock. Nothing for a TCP socket.
  void remove();

 private:
  SocketLock lock_;
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace shorthop
