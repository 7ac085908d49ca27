#include "control/control_server.h"

#include <sys/socket.h>
#include <sysexits.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "system/deadline.h"
#include "system/system_error.h"

namespace shorthop {
namespace {

constexpr std::size_t max_accepted_at_once = 16;        // then existing clients are served
constexpr std::chrono::milliseconds accept_pause{100};  // if there is no descriptor for another client

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

const pollfd* find(std::span<const pollfd> ready, int descriptor) {
  const auto found = std::ranges::find(ready, descriptor, &pollfd::fd);
  return found == ready.end() || found->revents == 0 ? nullptr : &*found;
}

}  // namespace

ControlServer::ControlServer(Descriptor listener, Answerer answerer)
    : listener_(std::move(listener)), answerer_(std::move(answerer)) {}

std::vector<pollfd> ControlServer::pollfds() const {
  std::vector<pollfd> all;
  if (Clock::now() >= accept_again_) all.push_back({listener_.get(), POLLIN, 0});
  for (const auto& client : clients_) {
    short events = POLLIN;
    if (client.state == State::waiting) events = 0;  // poll(2) reports the end of a connection anyway
    if (client.state == State::writing) events = POLLOUT;
    all.push_back({client.descriptor.get(), events, 0});
  }
  return all;
}

int ControlServer::poll_timeout(Clock::time_point now) const {
  Deadline first = no_deadline;
  if (accept_again_ > now) first = accept_again_;
  for (const auto& client : clients_) first = std::min(first, client.deadline);
  return first == no_deadline ? -1 : milliseconds_for_poll(first, now);
}

void ControlServer::serve(std::span<const pollfd> ready, Clock::time_point now) {
  for (auto& client : clients_) {
    if (find(ready, client.descriptor.get()) != nullptr) {
      serve_client(client, now);
    } else if (now >= client.deadline) {
      client.state = State::done;
    }
  }
  remove_done();
  if (find(ready, listener_.get()) != nullptr) accept_some(now);
  remove_done();
}

void ControlServer::answer(ClientNumber number, const control::Answer& answer, Clock::time_point now) {
  const auto client = std::ranges::find(clients_, number, &Client::number);
  if (client != clients_.end() && client->state == State::waiting) begin_to_send(*client, answer, now);
}

void ControlServer::accept_some(Clock::time_point now) {
  for (std::size_t accepted = 0; accepted < max_accepted_at_once; ++accepted) {
    Descriptor descriptor(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!descriptor.is_open()) {
      // Without a free descriptor the listener stays ready, and every poll(2) would return at once.
      if (!would_block() && errno != ECONNABORTED) accept_again_ = now + accept_pause;
      return;
    }
    if (clients_.size() >= max_clients) make_room();
    clients_.push_back({.number = ++last_number_,
                        .descriptor = std::move(descriptor),
                        .deadline = now + max_request_time,
                        .state = State::reading,
                        .received = "",
                        .to_send = ""});
    serve_client(clients_.back(), now);  // usually its request has arrived already
  }
}

/// Drops a finished client; else the oldest without a whole request; else the oldest that still takes its answer.
void ControlServer::make_room() {
  for (const State state : {State::done, State::reading, State::writing}) {
    const auto client = std::ranges::find(clients_, state, &Client::state);
    if (client == clients_.end()) continue;
    clients_.erase(client);
    return;
  }
}

void ControlServer::serve_client(Client& client, Clock::time_point now) {
  if (client.state == State::reading) {
    receive(client, now);
  } else if (client.state == State::waiting) {
    client.state = State::done;  // its input is not polled, so the event is the end of its connection
  }
  if (client.state == State::writing) send(client);
}

void ControlServer::receive(Client& client, Clock::time_point now) {
  std::array<char, control::max_request> piece{};
  const ssize_t got = ::recv(client.descriptor.get(), piece.data(), piece.size(), 0);
  if (got <= 0) {
    if (got == 0 || !would_block()) client.state = State::done;
    return;
  }
  client.received.append(piece.data(), static_cast<std::size_t>(got));
  const auto end_of_line = client.received.find('\n');
  if (end_of_line < control::max_request) {
    take_request(client, std::string_view(client.received).substr(0, end_of_line), now);
  } else if (client.received.size() >= control::max_request) {
    begin_to_send(client, {"the request is too long\n", EX_USAGE}, now);
  }
}

void ControlServer::take_request(Client& client, std::string_view request, Clock::time_point now) {
  const auto waiting = std::ranges::count(clients_, State::waiting, &Client::state);
  const Reply reply = answerer_(request, client.number);
  if (const auto* answer = std::get_if<control::Answer>(&reply)) {
    begin_to_send(client, *answer, now);
  } else if (static_cast<std::size_t>(waiting) >= max_waiting) {
    begin_to_send(client, {"too many requests wait for their answers\n", EX_TEMPFAIL}, now);
  } else {
    client.state = State::waiting;
    client.deadline = no_deadline;
    std::get<Work>(reply)();
  }
}

void ControlServer::begin_to_send(Client& client, const control::Answer& answer, Clock::time_point now) {
  client.state = State::writing;
  client.deadline = now + max_answer_time;
  client.to_send = control::encoded(answer);
}

void ControlServer::send(Client& client) {
  const ssize_t sent = ::send(client.descriptor.get(), client.to_send.data(), client.to_send.size(), MSG_NOSIGNAL);
  if (sent < 0) {
    if (!would_block()) client.state = State::done;
    return;
  }
  client.to_send.erase(0, static_cast<std::size_t>(sent));
  if (client.to_send.empty()) client.state = State::done;
}

void ControlServer::remove_done() {
  std::erase_if(clients_, [](const Client& client) { return client.state == State::done; });
}

std::expected<Descriptor, Diagnostic> listen_for_control(const Endpoint& socket) {
  if (auto conflict = prepare_address(socket)) return std::unexpected(std::move(*conflict));
  const SocketAccess access{.mode = 0660, .group = {}};
  const CreationMode creation(access);
  Descriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_storage address{};
  const socklen_t length = address_of(socket, address);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (!listener.is_open() || ::bind(listener.get(), generic, length) != 0 || ::listen(listener.get(), SOMAXCONN) != 0)
    return std::unexpected(Diagnostic{
        {socket.text(), 0}, "cannot listen: " + error_text(errno), "", Severity::error, ErrorClass::temporary});
  return listener;
}

}  // namespace shorthop
