// The daemon's listening sockets: names, locks and permissions. libmilter itself opens the milter's socket.
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

/// Access to a UNIX socket.
struct SocketAccess {
  std::optional<std::uint32_t> mode;  ///< permission bits; absent: left to the umask
  std::optional<gid_t> group;         ///< absent: unchanged
};

/// The address of the socket for connect(2); returns its length, or 0 if there is no such address.
socklen_t address_of(const Endpoint& socket, sockaddr_storage& address);

/// The group of this name, or why there is none.
std::expected<gid_t, Diagnostic> group_named(const std::string& name);

/// The right to create, replace and remove a UNIX socket, held by one daemon at a time: flock(2) on a file next to it,
/// "PATH.lock". Without this lock, two daemons that start at once could both find a socket without a listener. The
/// slower one would then remove the socket that the faster one has just created. The lock ends with the process; a file
/// left behind by kill -9 does no harm.
class SocketLock {
 public:
  /// Locks nothing, as for a TCP socket.
  SocketLock() = default;
  static std::expected<SocketLock, Diagnostic> take(const Endpoint& socket);
  ~SocketLock() { release(); }
  SocketLock(const SocketLock&) = delete;
  SocketLock& operator=(const SocketLock&) = delete;
  SocketLock(SocketLock&& other) noexcept;
  SocketLock& operator=(SocketLock&& other) noexcept;
  /// Releases the lock and removes its file.
  void release();

 private:
  SocketLock(std::string path, Descriptor file) : path_(std::move(path)), file_(std::move(file)) {}

  std::string path_;
  Descriptor file_;
};

/// Frees the address: removes a UNIX socket without a listener, which a killed daemon left behind. Only the holder of
/// the socket's lock may call this. Returns a diagnostic if a listener answers, the file is not a socket, the directory
/// is missing or not writable, or the address cannot be bound. Afterwards no socket listens there.
std::optional<Diagnostic> prepare_address(const Endpoint& socket);

/// During the lifetime of this object, files are created with no more than these permissions (umask(2)). The umask
/// belongs to the whole process, so no other thread must create files during this time.
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

/// Sets group and permissions of a UNIX socket after its creation.
std::optional<Diagnostic> grant(const Endpoint& socket, const SocketAccess& access);

/// A UNIX socket that we created and must remove at the end, unless another process has replaced it.
class SocketFile {
 public:
  SocketFile() = default;
  SocketFile(const Endpoint& socket, SocketLock lock);
  /// Removes it if it is still ours, and releases its lock. No effect for a TCP socket.
  void remove();

 private:
  SocketLock lock_;
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace shorthop
