// One message as a host's log shows it: a queue file for each time that it entered the queue, with its deliveries.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tool/discover/log/mail_event.h"

namespace shorthop::tool {

/// A client or a next hop. Names are as the log has them; the address is empty if there is none.
struct Peer {
  std::string name;
  std::string address;
};

struct Delivery {
  std::string to;
  std::string received;  ///< the recipient as it entered the queue: orig_to, or `to`
  Peer relay;
  Way way = Way::nowhere;
  Status status = Status::other;
  LogTime time;
  std::chrono::milliseconds delay{0};  ///< since the message arrived in this queue file
  std::uint64_t transaction = 0;       ///< equal for the recipients of one SMTP transaction: a hash of the response
  std::string response;                ///< only with TrackerLimits::keep_all
};

struct QueueFile {
  std::string queue_id;
  std::uint64_t sequence = 0;  ///< numbers the files in the order of their first lines; time stamps may be equal
  bool is_by_smtp = false;     ///< from an SMTP client; else submitted or forwarded on this host
  Peer client;
  LogTime arrived;
  LogTime last;            ///< its last line
  std::uint64_t size = 0;  ///< bytes; 0: the log does not say
  std::string sender;
  std::vector<Delivery> deliveries;  ///< without keep_all only those that were sent
  bool has_bounced = false;
  std::vector<std::string> decisions;  ///< lines of shorthopd about it; only with TrackerLimits::keep_all
  std::bitset<filter_verdict_count> verdicts;
};

/// Longer message-ids are cut (RFC 5322, 2.1.1: the longest line).
inline constexpr std::size_t max_message_id = 998;

/// All queue files of one host with the same message-id, in the order in which they left the queue.
struct Message {
  std::string host;
  std::string message_id;
  std::vector<QueueFile> files;
};

/// Whether a peer is this host itself: a filter on a loopback address, or no address at all.
bool is_this_host(const Peer& peer);

/// Whether two peers are one host, or of one site: the same address, name or parent domain; if a name is unknown, the
/// same network (/24, /64). A primary may send from another address than it receives at.
bool is_same_site(const Peer& one, const Peer& other);

}  // namespace shorthop::tool
