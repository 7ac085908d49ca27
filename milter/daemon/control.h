// The control socket: takes requests (load/control_protocol.h) and sends answers, never waiting for anybody.
#pragma once

#include <poll.h>

#include <chrono>
#include <expected>
#include <functional>
#include <list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/sockets.h"
#include "load/control_protocol.h"
#include "tables/diagnostic.h"

namespace shorthop {

class ControlServer {
 public:
  using Clock = std::chrono::steady_clock;
  using Answerer = std::function<control::Answer(std::string_view request)>;

  static constexpr std::size_t clients_at_once = 16;     // more wait until they are accepted
  static constexpr std::chrono::seconds time_limit{10};  // for a request to arrive, and again for its answer to leave

  /// Serves this listening, non-blocking descriptor, which it owns. `answer` runs inside serve().
  ControlServer(int listener, Answerer answer);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;
  ControlServer(ControlServer&&) = delete;
  ControlServer& operator=(ControlServer&&) = delete;

  /// What to wait for with poll(2), and how long at most: -1 is for ever.
  std::vector<pollfd> waits_for() const;
  int milliseconds_left(Clock::time_point now) const;
  /// `ready`: what waits_for() gave, with the events that came. Drops those whose time is over.
  void serve(std::span<const pollfd> ready, Clock::time_point now);

 private:
  struct Client {
    int descriptor;
    Clock::time_point deadline;
    std::string received;
    std::string to_send;
    bool is_done = false;
  };

  void accept_all(Clock::time_point now);
  void receive(Client& client, Clock::time_point now);
  static void send(Client& client);

  int listener_;
  Answerer answer_;
  std::list<Client> clients_;
};

/// A listening control socket that its owner and group may use (0660), or why there is none.
std::expected<int, Diagnostic> listen_for_control(const SocketName& socket);

}  // namespace shorthop
