// Finds the round trips of one message: its mail left for another host, and came back for another recipient. No I/O.
// Not a round trip: a filter that sends the message back for the same recipient, on this host or on another one.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tool/discover/message.h"

namespace shorthop::tool {

/// A recipient whose mail came back.
struct RoundTrip {
  std::string original;             ///< the recipient as this host first received it
  std::vector<std::string> finals;  ///< the recipients for which it came back, and was delivered here
  Peer next_hop;                    ///< where it was sent
  Peer client;                      ///< who sent it to this host; no name: submitted on this host
  std::string sender;
  LogTime arrived;    ///< when it first arrived at this host
  LogTime delivered;  ///< when it was delivered here, after it had come back
  /// From arrival to delivery: at least the delays in the log, which are finer than stamps of whole seconds.
  std::chrono::milliseconds time{0};
  std::uint64_t size = 0;   ///< bytes both ways
  bool has_size = true;     ///< false: the log has only one of the two sizes, or none
  bool is_by_smtp = false;  ///< it came to this host by SMTP: only then does a milter of smtpd(8) see it
  bool is_alone = true;     ///< only this recipient left, so original and finals certainly belong together
};

/// One SMTP transaction between the hosts, and the round trips that need it.
struct Transaction {
  std::uint64_t size = 0;          ///< bytes; 0: the log does not say
  std::vector<std::size_t> trips;  ///< indexes of MessageTrips::trips; may be empty on the way to the other host
  bool has_others = false;         ///< it also carries recipients that make no round trip
  std::string host;                ///< the address of the next hop; on the way back: of the trips' next hop
  std::size_t entry = 0;  ///< queue file in which the mail entered this host (an index); a milter saw it as one message
};

struct MessageTrips {
  std::string message_id;
  std::vector<RoundTrip> trips;
  std::vector<Transaction> away;
  std::vector<Transaction> back;
  std::bitset<filter_verdict_count> verdicts;  ///< about what came back
  std::size_t relayed = 0;                     ///< recipients sent to other hosts, with or without a return
  bool is_cut = false;                         ///< too many left and came back: only a part was looked at
};

/// Facts about aliases that tell which recipients belong together when several leave and several come back.
struct AliasHints {
  /// Whether the alias data leads from `original` to `final`.
  std::function<bool(std::string_view original, std::string_view final)> leads_to;
  /// Whether `final` came back in a message from which only `original` had left.
  std::function<bool(std::string_view original, std::string_view final)> was_seen;
};

MessageTrips find_round_trips(const Message& message, std::chrono::seconds window, const AliasHints& hints);

/// The part of a round trip that a decision avoids.
enum class Spared : std::uint8_t {
  nothing,
  way_back,  ///< the mail goes to the primary anyway, for targets that stay there
  both,
};

/// The transactions of both directions that are saved if the chosen trips do not happen. A transaction that
/// also has other recipients is not saved.
struct Saved {
  std::uint64_t transactions = 0;  ///< by the log: a primary may send a message back in several
  std::uint64_t hops = 0;          ///< counted as the daemon does (session/savings.h): once per message and next hop
  std::uint64_t bytes = 0;         ///< the bytes of the transactions
  std::uint64_t without_size = 0;  ///< transactions whose bytes are unknown
};
Saved saved_without(const MessageTrips& message, const std::function<Spared(std::size_t trip)>& spared);
/// What all round trips cost.
Saved cost_of(const MessageTrips& message);

}  // namespace shorthop::tool
