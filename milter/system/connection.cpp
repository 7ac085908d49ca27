#include "system/connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "system/deadline.h"
#include "system/ip_address.h"
#include "system/sockets.h"
#include "system/system_error.h"

namespace shorthop {
namespace {

std::chrono::milliseconds connect_time(Deadline deadline) {
  return std::min(time_left(deadline), std::chrono::milliseconds(60'000));
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

template <class Address>
SocketAddress stored(const Address& address) {
  SocketAddress result;
  std::memcpy(&result.storage, &address, sizeof address);
  result.length = sizeof address;
  return result;
}

SocketAddress ip_socket_address(const IpAddress& address, std::uint16_t port) {
  if (address.is_v6()) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&v6.sin6_addr, address.bytes().data(), address.bytes().size());
    return stored(v6);
  }
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  std::memcpy(&v4.sin_addr, address.bytes().data(), address.bytes().size());
  return stored(v4);
}

std::expected<std::vector<SocketAddress>, std::string> unix_socket_address(const Endpoint& server) {
  SocketAddress result;
  result.length = address_of(server, result.storage);
  if (result.length == 0) return std::unexpected("the path of the socket is not valid");
  return std::vector{result};
}

std::expected<std::vector<SocketAddress>, std::string> addresses_of_server(const Endpoint& server, Deadline deadline,
                                                                           const HostAddresses* names) {
  if (server.is_unix()) return unix_socket_address(server);
  const SystemHostAddresses system({connect_time(deadline), {}});
  const AddressAnswer found = (names == nullptr ? system : *names).look_up({server.host}).front();
  if (!found) return std::unexpected(found.error());
  std::vector<SocketAddress> addresses;
  for (const std::string& text : *found) {
    if (const auto address = IpAddress::parse(text)) addresses.push_back(ip_socket_address(*address, server.port));
  }
  if (addresses.empty()) return std::unexpected(std::string(no_addresses));
  return addresses;
}

/// The connected socket, or errno; ETIMEDOUT: the time limit was reached. connect(2) observes the time limit of sending
/// (socket(7), SO_SNDTIMEO), which is removed afterwards.
std::expected<Descriptor, int> connected(const SocketAddress& address, std::chrono::milliseconds time) {
  Descriptor socket(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return std::unexpected(errno);
  const timeval limit{time.count() / 1000, time.count() % 1000 * 1000};
  constexpr timeval none{};
  if (time.count() <= 0) return std::unexpected(ETIMEDOUT);
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0) return std::unexpected(errno);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0) {
    return std::unexpected(errno == EINPROGRESS || errno == EAGAIN ? ETIMEDOUT : errno);
  }
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &none, sizeof none);
  return socket;
}

}  // namespace

std::expected<Descriptor, ConnectFailure> connect_to(const Endpoint& server, Deadline deadline,
                                                     const HostAddresses* names) {
  const auto addresses = addresses_of_server(server, deadline, names);
  if (!addresses) return std::unexpected(ConnectFailure{addresses.error(), has_passed(deadline)});
  int error = ETIMEDOUT;
  for (std::size_t next = 0; next < addresses->size(); ++next) {
    const auto part = connect_time(deadline) / static_cast<int>(addresses->size() - next);
    auto socket = connected((*addresses)[next], part);
    if (socket) return std::move(*socket);
    error = socket.error();
  }
  return std::unexpected(ConnectFailure{error_text(error), error == ETIMEDOUT, error});
}

}  // namespace shorthop
