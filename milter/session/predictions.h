// Compares predictions with the mail that comes back (DESIGN 2.11). A message that goes to the primary is remembered.
// The message that the primary sends back is recognised by this host's own Received field. No I/O, no clock.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mail/trace_field.h"
#include "session/reason.h"

namespace shorthop {

/// One recipient of a message that goes to its primary.
struct Awaited {
  std::string relay;
  std::string recipient;              ///< in external form
  std::string orcpt;                  ///< the ORCPT of its mail, which leaves this host and comes back; may be empty
  Reason reason = Reason::all_local;  ///< the reason of its decision
  /// The recipients for which it should come back, folded; empty: nothing is predicted.
  std::vector<std::string> expected;
  std::string fingerprint;  ///< the fingerprint of the relay's data
};

/// A message that goes to a primary.
struct Outgoing {
  std::string queue_id;
  std::string host;        ///< this host's name in its Received fields; empty: unknown
  std::string message_id;  ///< may be empty
  std::vector<Awaited> recipients;
  /// The message also has recipients that are not awaited. Their mail may go to the primary too, if a user here
  /// forwards it.
  bool has_others = false;
};

/// A recipient of this host in a message that a relay's host sent.
struct Arrival {
  std::string recipient;  ///< in external form
  std::string orcpt;      ///< may be empty
};

struct Returned {
  std::string queue_id;
  std::vector<std::string> relays;  ///< the relays of which the client is a host
  std::vector<Arrival> arrivals;
  /// Its Received fields, the newest first, up to the first field which shows that the relay sent the message to this
  /// host before.
  std::vector<TraceField> trace;
  std::string message_id;
  std::string host = {};  ///< this host's name in its Received fields; empty: unknown
  /// The primary says that it received the message from this host. If not, a sender may have forged this host's fields.
  bool came_from_here = false;
};

enum class PredictionResult : std::uint8_t {
  confirmed,  ///< it came back for every predicted recipient
  refuted,    ///< it came back for another recipient
  open,       ///< it did not come back in time: delayed, dropped, or changed beyond recognition
  missed,     ///< it came back, and nothing was predicted
};
inline constexpr std::array<std::string_view, 4> prediction_result_names = {"confirmed", "refuted", "open", "missed"};
constexpr std::string_view name_of(PredictionResult result) {
  return prediction_result_names[static_cast<std::size_t>(result)];
}

struct PredictionReport {
  PredictionResult result = PredictionResult::open;
  std::string queue_id;   ///< the queue ID of the message that went to the primary
  Awaited awaited;        ///< its recipient; Awaited::recipient is empty if it may be one of several
  std::string came_for;   ///< refuted and missed: the recipient of the message that came back
  std::string return_id;  ///< queue ID of that message; empty with `open`
  std::chrono::seconds after{};
};

class Predictions {
 public:
  using Time = std::chrono::system_clock::time_point;
  using Reports = std::vector<PredictionReport>;
  struct Limits {
    std::chrono::seconds return_time{3600};  ///< how long a message is waited for
    std::size_t max_bytes = std::size_t{32} << 20;
    std::size_t max_unassigned = 20;  ///< copies of one message for unpredicted addresses
  };

  explicit Predictions(Limits limits) : limits_(limits) {}
  void set_return_time(std::chrono::seconds time) { limits_.return_time = time; }

  /// Remembers a message. Messages that are forgotten to make room are reported as open.
  Reports add(Outgoing message, Time now);
  /// Takes a message that may have come back. Returns the results that follow from it.
  Reports receive(const Returned& returned, Time now);
  /// Reports and forgets the messages that are older than the return time.
  Reports expire(Time now);

  /// Whether mail is awaited from the hosts of this relay.
  bool awaits(std::string_view relay) const { return waiting_.contains(relay); }
  std::size_t size() const { return messages_.size(); }

  /// A recipient of a message that was sent, and the recipients for which its copies have come back.
  struct Recipient {
    Awaited awaited;
    std::string orcpt;                 ///< orcpt_key() of the ORCPT in `awaited`
    std::vector<std::string> arrived;  ///< folded; recorded for a kept recipient too
    bool is_confirmed = false;
    bool is_refuted = false;
  };
  struct UnassignedCopy {
    std::string recipient;
    std::string queue_id;
  };
  struct Message {
    Outgoing sent;  ///< its recipients have moved to the list below
    std::vector<Recipient> recipients;
    std::vector<UnassignedCopy> unassigned;  ///< copies that came back and may belong to several recipients
    Time since;
    std::size_t bytes = 0;
  };
  /// In the order in which they were added, for a file; restore() takes them back.
  std::vector<const Message*> all() const;
  void restore(Message message);

 private:
  using Messages = std::map<std::string, Message, std::less<>>;  ///< by queue ID
  /// Why a message that comes back may be one that went out. A field is a Received field of this host. Fields are added
  /// at the top, so older fields are below newer ones.
  enum class Evidence : std::uint8_t {
    /// Can only confirm. A field that a host may have forged, because the message passed that host later. Or only the
    /// Message-ID, and there are Received fields of other hosts.
    likeness,
    /// Can refute if ORCPT names the recipient. A field below the field of a submission on this host. Or only the
    /// Message-ID, and no Received field is left.
    name,
    /// The copy is certainly of that message. The newest field, if the primary got the message from this host. Or a
    /// field below the field that a content filter caused.
    proof,
  };
  struct Claim {
    Message* message = nullptr;
    Recipient* recipient = nullptr;
  };

  void insert(Message message);
  Message take(const std::string& queue_id);
  struct Origin {
    Message* message = nullptr;
    Evidence evidence = Evidence::likeness;
  };
  static Evidence evidence_behind(const TraceField& field, bool is_own, Evidence evidence);
  std::vector<Origin> origins(const Returned& returned);
  void assign(const Arrival& arrival, const Returned& returned, const std::vector<Origin>& origins, Time now,
              Reports& reports);
  static void apply(const Claim& claim, const Arrival& arrival, std::string_view return_id, Time now, Reports& reports);
  static Reports conclude(Message message, Time now);
  void count_relays(const Message& message, bool is_new);

  Limits limits_;
  Messages messages_;
  std::deque<std::string> by_age_;                                      ///< queue IDs, the oldest first
  std::multimap<std::string, std::string, std::less<>> by_message_id_;  ///< Message-ID -> queue ID
  std::map<std::string, std::size_t, std::less<>> waiting_;             ///< relay -> recipients
  std::size_t bytes_ = 0;
};

/// Whether the message with this queue ID is in a sample of `percent` of all messages. The same ID always gives the
/// same answer. A message without an ID is not in the sample.
bool is_control_sample(std::string_view queue_id, unsigned percent);

}  // namespace shorthop
