// Predictions of the running daemon: the bridge passes in each message, and the results are logged, counted and
// remembered. Not here: how a result is found (session/predictions.h).
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/log/log.h"
#include "daemon/metrics/counters.h"
#include "mail/trace_field.h"
#include "session/predictions.h"
#include "session/refutations.h"
#include "session/session.h"

namespace shorthop {

/// The message that an outcome is about, as the MTA names it.
struct MessageName {
  std::string_view queue_id;  ///< empty: unknown; then nothing is predicted
  std::string_view host;      ///< this host's name in its Received fields (macro j); empty: unknown
};

/// Thread-safe.
class ReturnWatch {
 public:
  using Time = Predictions::Time;

  /// `refutations`: shared with the snapshots; refuted recipients are added to it.
  ReturnWatch(Counters& counters, Log& log, std::shared_ptr<Refutations> refutations)
      : counters_(counters), log_(log), refutations_(std::move(refutations)) {}

  /// Whether the header of the message is needed: the message goes to a primary, or may have come back from one.
  bool wants_header(const Outcome& outcome) const;
  /// Takes the message and its header, which may be empty. `current`: the snapshot in force.
  void take(const MessageName& name, const Outcome& outcome, const TraceHeader& header, const Snapshot& current,
            Time now = std::chrono::system_clock::now());
  /// Reports and forgets the predictions that are older than `return_time`. Call this every few seconds.
  void expire(const Snapshot& current, Time now, std::chrono::seconds return_time);
  /// Call this when new data of relays is in force: forgets refutations of the old data.
  void forget_old_data(const Snapshot& snapshot);

  /// Whether a recipient was refuted since the last call. Then the file with encoded() must be written at once,
  /// because `shorthop resolve` reads it.
  bool take_news() { return has_news_.exchange(false); }
  /// The contents of the file that keeps predictions over a restart.
  std::string encoded() const;
  void decode(std::string_view text);

 private:
  Predictions::Reports add_outgoing(const MessageName& name, const Outcome& outcome, const TraceHeader& header,
                                    Time now);
  Predictions::Reports receive(const MessageName& name, const Outcome& outcome, const TraceHeader& header, Time now);
  void report(const Predictions::Reports& reports, const Snapshot& current, Time now);
  void refute(const PredictionReport& refuted, const Snapshot& current, Time now);

  Counters& counters_;
  Log& log_;
  const std::shared_ptr<Refutations> refutations_;
  std::atomic<bool> has_news_ = false;
  mutable std::mutex mutex_;
  Predictions predictions_{{}};
};

}  // namespace shorthop
