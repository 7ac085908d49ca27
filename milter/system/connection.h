// Connects to a server within a time limit, which includes resolving its name.
#pragma once

#include <expected>
#include <string>

#include "system/deadline.h"
#include "system/descriptor.h"
#include "system/dns.h"
#include "system/endpoint.h"

namespace shorthop {

struct ConnectFailure {
  std::string what;           ///< a sentence without the name of the server
  bool is_timed_out = false;  ///< the time limit was reached
  int error = 0;              ///< errno of the last attempt; 0: the server has no address
};

/// A connected, blocking socket. The addresses of the host are tried in turn, each for a part of the time.
/// `names` resolves the host; null: SystemHostAddresses does so, within the deadline.
std::expected<Descriptor, ConnectFailure> connect_to(const Endpoint& server, Deadline deadline,
                                                     const HostAddresses* names = nullptr);

}  // namespace shorthop
