// Joins the events of a log into messages, in bounded memory. A message is complete when all its queue files are gone
// and no more lines about it can be expected; the order of lines that are close together does not matter.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <unordered_map>

#include "tool/discover/message.h"

namespace shorthop::tool {

struct TrackerLimits {
  std::size_t messages = 250'000;          ///< held at a time; the oldest are completed early
  std::size_t bytes = 96UL * 1024 * 1024;  ///< memory of the messages held at a time
  std::chrono::seconds window{3600};       ///< from a delivery to another host until the message must be back
  std::chrono::seconds late{60};           ///< how long other messages are held: lines may be out of order
  /// Keep deferred and bounced deliveries, every response, what shorthopd decided, and each message without a
  /// message-id.
  bool keep_all = false;
};

struct TrackerCounts {
  std::uint64_t queue_files = 0;
  std::uint64_t without_message_id = 0;
  std::uint64_t cut_short = 0;  ///< completed early, or in part, for lack of memory
};

/// Maximum number of queue files of one message-id: a message is examined as a whole, and a program may repeat its ID
/// for ever.
inline constexpr std::size_t max_files = 256;
/// Maximum number of deliveries of one queue file.
inline constexpr std::size_t max_deliveries = 1000;

/// For verdicts where the log names a client but no message: the numbers of verdicts, by the client's address.
using PeerVerdicts = std::unordered_map<std::string, std::array<std::uint64_t, filter_verdict_count>>;

class MessageTracker {
 public:
  /// `complete` gets each message once.
  MessageTracker(TrackerLimits limits, std::function<void(const Message&)> complete);

  void add(const LogLine& line, const MailEvent& event);
  /// The end of the log: completes what is left.
  void finish();

  const TrackerCounts& counts() const { return counts_; }
  const PeerVerdicts& peer_verdicts() const { return peer_verdicts_; }

 private:
  using Key = std::uint64_t;  ///< a hash of host and ID
  struct Open {
    QueueFile file;
    Key message = 0;          ///< 0: no message-id yet
    bool has_entry = false;   ///< smtpd or pickup logged how the message entered the queue
    bool is_cut = false;      ///< some of its deliveries were not kept
    std::size_t charged = 0;  ///< its part of bytes_
    std::list<Key>::iterator position;
  };
  struct Held {
    Message message;
    std::size_t open = 0;  ///< number of its queue files that are still in the queue
    std::size_t charged = 0;
    Key latest = 0;  ///< its queue file that was seen last
    LogTime complete_at;
    std::list<Key>* list = nullptr;  ///< where it waits; null: it has an open queue file
    std::list<Key>::iterator position;
  };
  using OpenFiles = std::unordered_map<Key, Open>;
  using HeldMessages = std::unordered_map<Key, Held>;

  bool is_of_earlier_message(const Open& open, LogTime now) const;
  OpenFiles::iterator begin(const LogLine& line, Key key, std::string_view queue_id);
  void apply(const LogLine& line, const MailEvent& event, Key key, Open& open);
  void identify(const LogLine& line, Key key, Open& open, std::string_view message_id);
  void deliver(const LogLine& line, const Delivered& event, Open& open);
  void decide(const Decided& event, QueueFile& file, std::size_t& charged);
  void decide_late(Key key, const Decided& event, std::string_view queue_id);
  void judge(const LogLine& line, const MailEvent& event, const Judged& judged);
  void close(OpenFiles::iterator at);
  void schedule_completion(Key key, Held& held, LogTime last);
  void complete(HeldMessages::iterator at);
  void complete_due(LogTime now);
  void shrink();
  void charge(std::size_t& charged, std::size_t more);

  TrackerLimits limits_;
  std::function<void(const Message&)> complete_;
  OpenFiles open_;
  std::list<Key> open_by_age_;
  HeldMessages held_;
  std::unordered_map<Key, Key> closed_;  ///< queue file -> its message in held_; only with keep_all
  std::list<Key> relayed_;               ///< with a delivery to another host: held for the window
  std::list<Key> others_;
  std::size_t bytes_ = 0;
  TrackerCounts counts_;
  PeerVerdicts peer_verdicts_;
};

}  // namespace shorthop::tool
