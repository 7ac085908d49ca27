// Pairs the recipients that left with those that came back, if a message has several of both. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace shorthop::tool {

/// How well a departure explains an arrival.
enum class Likeness : std::uint8_t {
  impossible,  ///< another host, or too late
  possible,
  same_local_part,
  was_seen,  ///< this arrival was seen in a message with this departure alone
  by_data,   ///< the alias data says so
};

struct Pairing {
  std::size_t departures = 0;
  std::vector<std::string> finals;               ///< the final recipient of each arrival, folded
  std::vector<std::vector<std::size_t>> groups;  ///< arrivals that came back together, in one queue file
  std::function<Likeness(std::size_t departure, std::size_t arrival)> likeness;
};

/// For each arrival, the departures that explain it. There are several only if the alias data says so, because the
/// primary sends one copy for several aliases of one mailbox.
std::vector<std::vector<std::size_t>> pair(const Pairing& pairing);

}  // namespace shorthop::tool
