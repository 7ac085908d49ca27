// The control socket: takes requests (control_protocol.h) and sends answers without blocking. Clients may be slow,
// silent or many; none of them delays another.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <list>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "control/control_protocol.h"
#include "system/deadline.h"
#include "system/descriptor.h"
#include "system/sockets.h"
#include "text/diagnostic.h"

namespace shorthop {

class ControlServer {
 public:
  using Clock = std::chrono::steady_clock;
  using ClientNumber = std::uint64_t;  // never reused
  /// Begins the work for a request; answer() will be called with its answer later.
  using Work = std::function<void()>;
  /// The answer, or the work that must be done first. The work is not begun if too many clients wait already.
  using Reply = std::variant<control::Answer, Work>;
  using Answerer = std::function<Reply(std::string_view request, ClientNumber client)>;

  static constexpr std::size_t max_clients = 64;
  /// At most this many clients may wait while Work is done for them; a further request that needs Work is refused. To
  /// make room for a new client, a client that does not wait may be disconnected.
  static constexpr std::size_t max_waiting = 32;
  static constexpr std::chrono::seconds max_request_time{2};  // for a whole request to arrive
  static constexpr std::chrono::seconds max_answer_time{10};  // for its answer to be sent

  /// Serves this listening, non-blocking descriptor. `answerer` runs inside serve().
  ControlServer(Descriptor listener, Answerer answerer);

  /// The descriptors for poll(2), and its timeout; -1: none.
  std::vector<pollfd> pollfds() const;
  int poll_timeout(Clock::time_point now) const;
  /// `ready` is the value of pollfds() with the events that occurred. Drops clients that exceeded their time.
  void serve(std::span<const pollfd> ready, Clock::time_point now);
  /// Sends the answer for which Work was begun; ignored if the client has left.
  void answer(ClientNumber client, const control::Answer& answer, Clock::time_point now);

 private:
  enum class State : std::uint8_t { reading, waiting, writing, done };
  struct Client {
    ClientNumber number;
    Descriptor descriptor;
    Deadline deadline;  // no_deadline while it waits
    State state = State::reading;
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
  Clock::time_point accept_again_{};  // accepts no client before this time, because no descriptor was free
  std::list<Client> clients_;         // in the order of their arrival
};

/// A listening control socket that its owner and group may use (0660), or why there is none. The caller holds the
/// socket's lock.
std::expected<Descriptor, Diagnostic> listen_for_control(const Endpoint& socket);

}  // namespace shorthop
