#include "support/milter_wire.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace shorthop::test {
namespace {

constexpr std::size_t length_bytes = 4;
constexpr std::size_t write_at_once = 4096;                   // Postfix's VSTREAM_BUFSIZE, the size of its writes
constexpr std::size_t max_packet = std::size_t{1024} * 1024;  // larger than any packet in these tests

WireError error(WireError::Kind kind, const std::string& what) {
  return {kind, errno == 0 ? what : what + ": " + std::system_category().message(errno)};
}

int connect_unix(const std::string& path, int receive_buffer) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw error(WireError::Kind::cannot_connect, "too long: " + path);
  std::copy(path.begin(), path.end(), address.sun_path);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw error(WireError::Kind::cannot_connect, "no socket");
  if (receive_buffer > 0) ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  const int why = errno;
  ::close(fd);
  errno = why;
  throw error(WireError::Kind::cannot_connect, "cannot connect to unix:" + path);
}

int connect_inet(const std::string& port_at_host, int receive_buffer) {
  const auto at = port_at_host.find('@');
  const std::string port = port_at_host.substr(0, at);
  const std::string host = at == std::string::npos ? "127.0.0.1" : port_at_host.substr(at + 1);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0)
    throw error(WireError::Kind::cannot_connect, "no such address: inet:" + port_at_host);
  const int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  // Before connect(2): the window size is sent in the first segment.
  if (receive_buffer > 0) ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  const int result = fd < 0 ? -1 : ::connect(fd, found->ai_addr, found->ai_addrlen);
  const int why = errno;
  ::freeaddrinfo(found);
  if (result != 0) {
    ::close(fd);
    errno = why;
    throw error(WireError::Kind::cannot_connect, "cannot connect to inet:" + port_at_host);
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

int connect_to(const std::string& name, int receive_buffer) {
  errno = 0;
  if (name.starts_with("unix:")) return connect_unix(name.substr(5), receive_buffer);
  if (name.starts_with("inet:")) return connect_inet(name.substr(5), receive_buffer);
  throw WireError(WireError::Kind::cannot_connect, "expected unix:PATH or inet:PORT@HOST, not " + name);
}

}  // namespace

std::string network_long(std::uint32_t value) {
  const std::uint32_t swapped = htonl(value);
  std::string bytes(length_bytes, '\0');
  std::memcpy(bytes.data(), &swapped, length_bytes);
  return bytes;
}

std::uint32_t host_long(std::string_view four_bytes) {
  std::uint32_t value = 0;
  std::memcpy(&value, four_bytes.data(), length_bytes);
  return ntohl(value);
}

std::string framed(char command, std::string_view data) {
  std::string bytes = network_long(static_cast<std::uint32_t>(data.size() + 1));
  bytes += command;
  bytes += data;
  return bytes;
}

Wire::Wire(const std::string& name, std::chrono::milliseconds time_limit, int receive_buffer)
    : socket_(connect_to(name, receive_buffer)) {
  timeval limit{};
  limit.tv_sec = static_cast<time_t>(time_limit.count() / 1000);
  limit.tv_usec = static_cast<suseconds_t>(time_limit.count() % 1000 * 1000);
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

Wire::~Wire() { close(); }

Wire::Wire(Wire&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      unsent_(std::move(other.unsent_)),
      unread_(std::move(other.unread_)),
      unread_from_(other.unread_from_),
      bytes_read_(other.bytes_read_),
      bytes_put_(other.bytes_put_),
      read_trigger_(other.read_trigger_),
      on_read_trigger_(std::move(other.on_read_trigger_)),
      may_still_send_(other.may_still_send_) {}

void Wire::put(char command, std::string_view data) { put_raw(framed(command, data)); }

void Wire::put_raw(std::string_view bytes) {
  unsent_ += bytes;
  bytes_put_ += bytes.size();
  if (unsent_.size() >= write_at_once) flush();
}

void Wire::flush() {
  std::size_t sent = 0;
  while (sent < unsent_.size()) {
    std::size_t now = unsent_.size() - sent;
    if (may_still_send_) now = std::min(now, *may_still_send_);
    errno = 0;
    if (socket_ >= 0 && may_still_send_ == std::size_t{0}) close();
    if (socket_ < 0) throw WireError(WireError::Kind::closed, "the line to the milter is cut");
    const ssize_t count = ::send(socket_, unsent_.data() + sent, now, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) throw error(WireError::Kind::timeout, "the milter does not read");
    if (count < 0) throw error(WireError::Kind::closed, "cannot write to the milter");
    sent += static_cast<std::size_t>(count);
    if (may_still_send_) *may_still_send_ -= static_cast<std::size_t>(count);
  }
  unsent_.clear();
}

bool Wire::read_more() {
  std::array<char, 65536> chunk;
  std::size_t wanted = chunk.size();
  if (read_trigger_) wanted = std::min(wanted, *read_trigger_ - bytes_read_);
  ssize_t count = 0;
  do {
    errno = 0;
    if (socket_ < 0) throw WireError(WireError::Kind::closed, "the line to the milter is cut");
    count = ::recv(socket_, chunk.data(), wanted, 0);
  } while (count < 0 && errno == EINTR);
  if (count < 0 && errno == EAGAIN) throw error(WireError::Kind::timeout, "no reply from the milter");
  if (count <= 0) return false;  // a reset is an end too: the milter is gone
  unread_.append(chunk.data(), static_cast<std::size_t>(count));
  bytes_read_ += static_cast<std::size_t>(count);
  if (read_trigger_ == bytes_read_) {
    read_trigger_.reset();
    on_read_trigger_();
  }
  return true;
}

Packet Wire::get() {
  flush();
  if (unread_from_ == unread_.size()) {
    unread_.clear();
    unread_from_ = 0;
  }
  const auto need = [this](std::size_t count) {
    while (unread_.size() - unread_from_ < count)
      if (!read_more()) throw WireError(WireError::Kind::closed, "the milter closed the connection");
  };
  need(length_bytes);
  const std::size_t length = host_long(std::string_view(unread_).substr(unread_from_, length_bytes));
  if (length == 0 || length > max_packet)
    throw WireError(WireError::Kind::bad_packet, "a packet of " + std::to_string(length) + " bytes from the milter");
  need(length_bytes + length);
  Packet packet{unread_[unread_from_ + length_bytes], unread_.substr(unread_from_ + length_bytes + 1, length - 1)};
  unread_from_ += length_bytes + length;
  return packet;
}

std::string Wire::drain() {
  flush();
  while (socket_ >= 0 && read_more()) {
  }
  std::string rest = unread_.substr(unread_from_);
  unread_from_ = unread_.size();
  close();
  return rest;
}

bool Wire::quiet_for(std::chrono::milliseconds wait) {
  flush();
  if (unread_from_ < unread_.size()) return false;
  pollfd readable{socket_, POLLIN, 0};
  return ::poll(&readable, 1, static_cast<int>(wait.count())) == 0;
}

void Wire::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

void Wire::after_reading(std::size_t count, std::function<void()> then) {
  if (count == 0) return then();
  read_trigger_ = bytes_read_ + count;
  on_read_trigger_ = std::move(then);
}

void Wire::cut_after_sending(std::size_t count) {
  flush();
  may_still_send_ = count;
}

}  // namespace shorthop::test
