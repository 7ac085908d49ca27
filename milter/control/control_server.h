// The control socket: takes requests (load/control_protocol.h) and sends answers, never waiting for anybody.
// Whoever may connect may be slow, silent or many; none of them keeps another from an answer.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control/control_protocol.h"
#include "system/descriptor.h"
#include "system/sockets.h"
#include "text/diagnostic.h"

namespace shorthop {

class ControlServer {
 public:
  using Clock = std::chrono::steady_clock;
  using ClientNumber = std::uint64_t;  // never used twice
  /// The answer, or nothing if it comes later by answer().
  using Answerer = std::function<std::optional<control::Answer>(std::string_view request, ClientNumber client)>;

  static constexpr std::size_t max_clients = 64;
  /// Clients whose answer comes later. A request for such an answer beyond that is refused, so there is always a client
  /// to drop for a new one.
  static constexpr std::size_t max_waiting = 32;
  static constexpr std::chrono::seconds max_request_time{2};  // for a whole request to arrive
  static constexpr std::chrono::seconds max_answer_time{10};  // for its answer to leave

  /// Serves this listening, non-blocking descriptor. `answerer` runs inside serve().
  ControlServer(Descriptor listener, Answerer answerer);

  /// What to wait for with poll(2), and how long at most: -1 is for ever.
  std::vector<pollfd> pollfds() const;
  int poll_timeout(Clock::time_point now) const;
  /// `ready`: what pollfds() gave, with the events that came. Drops those whose time is over.
  void serve(std::span<const pollfd> ready, Clock::time_point now);
  /// The answer that comes later; nothing happens if the client has left.
  void answer(ClientNumber client, const control::Answer& answer, Clock::time_point now);

 private:
  enum class State : std::uint8_t { asks, waits, takes_answer, is_done };
  struct Client {
    ClientNumber number;
    Descriptor descriptor;
    Clock::time_point deadline;  // never while it waits
    State state = State::asks;
    std::string received;
    std::string to_send;
  };

  void accept_some(Clock::time_point now);
  void make_room();
  void serve_client(Client& client, Clock::time_point now);
  void receive(Client& client, Clock::time_point now);
  void take_request(Client& client, std::string_view request, Clock::time_point now);
  static void begin_to_send(Client& client, const control::Answer& answer, Clock::time_point now);
  static void send(Client& client);
  void remove_done();

  Descriptor listener_;
  Answerer answerer_;
  ClientNumber last_number_ = 0;
  Clock::time_point accept_again_{};  // in the future while no file descriptor is free
  std::list<Client> clients_;         // in the order of their arrival
};

/// A listening control socket that its owner and group may use (0660), or why there is none. Whoever calls it holds the
/// socket's lock.
std::expected<Descriptor, Diagnostic> listen_for_control(const Endpoint& socket);

}  // namespace shorthop
