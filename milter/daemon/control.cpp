#include "daemon/control.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace shorthop {
namespace {

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

const pollfd* find(std::span<const pollfd> ready, int descriptor) {
  const auto found = std::ranges::find(ready, descriptor, &pollfd::fd);
  return found == ready.end() || found->revents == 0 ? nullptr : &*found;
}

}  // namespace

ControlServer::ControlServer(int listener, Answerer answer) : listener_(listener), answer_(std::move(answer)) {}

ControlServer::~ControlServer() {
  for (const auto& client : clients_) ::close(client.descriptor);
  ::close(listener_);
}

std::vector<pollfd> ControlServer::waits_for() const {
  std::vector<pollfd> all;
  if (clients_.size() < clients_at_once) all.push_back({listener_, POLLIN, 0});
  for (const auto& client : clients_) {
    const short events = client.to_send.empty() ? POLLIN : POLLOUT;
    all.push_back({client.descriptor, events, 0});
  }
  return all;
}

int ControlServer::milliseconds_left(Clock::time_point now) const {
  if (clients_.empty()) return -1;
  const auto first = std::ranges::min_element(clients_, {}, &Client::deadline)->deadline;
  return static_cast<int>(std::max<long>(0, std::chrono::ceil<std::chrono::milliseconds>(first - now).count()));
}

void ControlServer::serve(std::span<const pollfd> ready, Clock::time_point now) {
  for (auto& client : clients_) {
    if (find(ready, client.descriptor) != nullptr) {
      if (client.to_send.empty()) receive(client, now);
      if (!client.to_send.empty()) send(client);
    } else if (now >= client.deadline) {
      client.is_done = true;
    }
    if (client.is_done) ::close(client.descriptor);
  }
  clients_.remove_if([](const Client& client) { return client.is_done; });
  if (find(ready, listener_) != nullptr) accept_all(now);
}

void ControlServer::accept_all(Clock::time_point now) {
  while (clients_.size() < clients_at_once) {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) return;
    clients_.push_back({.descriptor = descriptor, .deadline = now + time_limit, .received = "", .to_send = ""});
  }
}

void ControlServer::receive(Client& client, Clock::time_point now) {
  std::array<char, control::longest_request> piece{};
  const ssize_t got = ::recv(client.descriptor, piece.data(), piece.size(), 0);
  if (got <= 0) {
    client.is_done = got == 0 || !would_block();
    return;
  }
  client.received.append(piece.data(), static_cast<std::size_t>(got));
  const auto end_of_line = client.received.find('\n');
  if (end_of_line < control::longest_request) {
    client.to_send = control::encoded(answer_(std::string_view(client.received).substr(0, end_of_line)));
  } else if (client.received.size() >= control::longest_request) {
    client.to_send = control::encoded({"the request is too long\n", EX_USAGE});
  }
  // The answer may have taken long (a reload); the time to take it begins now.
  if (!client.to_send.empty()) client.deadline = std::max(now, Clock::now()) + time_limit;
}

void ControlServer::send(Client& client) {
  const ssize_t sent = ::send(client.descriptor, client.to_send.data(), client.to_send.size(), MSG_NOSIGNAL);
  if (sent < 0) {
    client.is_done = !would_block();
    return;
  }
  client.to_send.erase(0, static_cast<std::size_t>(sent));
  client.is_done = client.to_send.empty();
}

std::expected<int, Diagnostic> listen_for_control(const SocketName& socket) {
  if (auto in_the_way = make_way_for(socket)) return std::unexpected(std::move(*in_the_way));
  const SocketAccess access{.mode = 0660, .group = {}};
  const CreationMode creation(access);
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket.path.copy(address.sun_path, sizeof address.sun_path - 1);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (listener < 0 || ::bind(listener, generic, sizeof address) != 0 || ::listen(listener, SOMAXCONN) != 0) {
    const int error = errno;
    if (listener >= 0) ::close(listener);
    return std::unexpected(Diagnostic{socket.text, 0, "cannot listen: " + std::generic_category().message(error), "",
                                      Severity::error, Trouble::temporary});
  }
  return listener;
}

}  // namespace shorthop
