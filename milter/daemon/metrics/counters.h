// What the daemon counts. Each count has a row with its name, which includes the unit, and its meaning. Any thread may
// count at any time.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "session/predictions.h"
#include "session/reason.h"
#include "session/session.h"

namespace shorthop {

enum class Count : std::uint8_t {
  connections,
  connections_ended,
  connections_refused,
  messages,
  messages_rewritten,
  edits_sent,
  edits_failed,
  exceptions,
  reloads,
  reloads_failed,
  refreshes,
};

struct CountRow {
  Count count;
  std::string_view name;
  std::string_view meaning;
  bool is_remembered = false;  ///< the count survives a restart
};

inline constexpr std::array count_rows = {
    CountRow{Count::connections, "connections", "connections of the MTA"},
    CountRow{Count::connections_ended, "connections-ended", "connections of the MTA that have ended"},
    CountRow{Count::connections_refused, "connections-refused",
             "connections refused because of malformed macros, or because no descriptor was left"},
    CountRow{Count::messages, "messages", "messages seen up to DATA or to their end", true},
    CountRow{Count::messages_rewritten, "messages-rewritten", "messages with a recipient replaced", true},
    CountRow{Count::edits_sent, "edits-sent", "messages whose edits were all sent to the MTA", true},
    CountRow{Count::edits_failed, "edits-failed", "messages with an edit that could not be sent to the MTA", true},
    CountRow{Count::exceptions, "exceptions", "internal errors; the recipients were kept"},
    CountRow{Count::reloads, "reloads", "reloads that put a new snapshot into force"},
    CountRow{Count::reloads_failed, "reloads-failed", "reloads that kept the old snapshot"},
    CountRow{Count::refreshes, "refreshes", "loads of relays whose files had changed on disk"},
};

/// Counted for each relay, and remembered over a restart.
enum class RelayCount : std::uint8_t {
  hops_saved,
  hops_saved_size_unknown,
  bytes_saved,
  hops_observed,
  hops_observed_size_unknown,
  bytes_observed,
  predictions_confirmed,
  predictions_refuted,
  predictions_open,
  predictions_missed,
  predictions_confirmed_since,
};

struct RelayCountRow {
  RelayCount count;
  std::string_view name;
  std::string_view meaning;
};

inline constexpr std::array relay_count_rows = {
    RelayCountRow{RelayCount::hops_saved, "hops-saved", "SMTP transactions that did not take place"},
    RelayCountRow{RelayCount::hops_saved_size_unknown, "hops-saved-unsized",
                  "hops saved for messages whose client declared no SIZE, so their bytes are not counted"},
    RelayCountRow{RelayCount::bytes_saved, "bytes-saved", "bytes not sent, as declared by SIZE"},
    RelayCountRow{RelayCount::hops_observed, "hops-observed", "SMTP transactions that mode = rewrite would have saved"},
    RelayCountRow{RelayCount::hops_observed_size_unknown, "hops-observed-unsized",
                  "hops observed for messages whose client declared no SIZE"},
    RelayCountRow{RelayCount::bytes_observed, "bytes-observed", "bytes that mode = rewrite would not have sent"},
    RelayCountRow{RelayCount::predictions_confirmed, "predictions-confirmed",
                  "recipients whose mail came back as predicted"},
    RelayCountRow{RelayCount::predictions_refuted, "predictions-refuted",
                  "recipients whose mail came back for another recipient"},
    RelayCountRow{RelayCount::predictions_open, "predictions-open",
                  "recipients whose mail did not come back within return-time"},
    RelayCountRow{RelayCount::predictions_missed, "predictions-missed",
                  "recipients whose mail came back although that was not predicted"},
    RelayCountRow{RelayCount::predictions_confirmed_since, "confirmed-since-refuted",
                  "predictions confirmed since the last refutation or the last change of refuted data"},
};

/// What became of a recipient. `observed`: it would have been replaced in mode rewrite. `failed`: not all edits could
/// be sent to the MTA, so it is not known whether the recipient was replaced. `control`: it would have been replaced,
/// but its message was a control sample. `refused`: it was refused by reject-unknown.
enum class Disposition : std::uint8_t { kept, replaced, observed, failed, control, refused };
inline constexpr std::array<std::string_view, 6> disposition_names = {"kept",   "replaced", "observed",
                                                                      "failed", "control",  "refused"};

/// The sum, or the largest number if it would overflow: clients choose the sizes that they declare.
constexpr std::uint64_t saturated_sum(std::uint64_t one, std::uint64_t other) {
  return one + std::min(other, std::numeric_limits<std::uint64_t>::max() - one);
}

/// The numbers of one relay, or of all.
struct RelayCounts {
  std::array<std::uint64_t, relay_count_rows.size()> counts{};
  std::array<std::array<std::uint64_t, reason_rows.size()>, disposition_names.size()> recipients{};
  std::array<std::uint64_t, reason_rows.size()> missed{};  ///< predictions_missed, by reason

  std::uint64_t get(RelayCount count) const { return counts[static_cast<std::size_t>(count)]; }
  void add(RelayCount count, std::uint64_t amount) {
    std::uint64_t& sum = counts[static_cast<std::size_t>(count)];
    sum = saturated_sum(sum, amount);
  }
  void add(const RelayCounts& other);
  void clear(RelayCount count) { counts[static_cast<std::size_t>(count)] = 0; }
};

class Counters {
 public:
  using ByRelay = std::map<std::string, RelayCounts, std::less<>>;

  void add(Count count, std::uint64_t amount = 1) {
    counts_[static_cast<std::size_t>(count)].fetch_add(amount, std::memory_order_relaxed);
  }
  std::uint64_t get(Count count) const {
    return counts_[static_cast<std::size_t>(count)].load(std::memory_order_relaxed);
  }
  /// Recipients without a relay (unreadable addresses) are counted under the empty name.
  ByRelay by_relay() const;
  /// The sums over all relays.
  RelayCounts of_all() const;

  /// Counts a message, its recipients, and the hops and bytes that it saved. Call credit_savings() first.
  void add_message(const Outcome& outcome);
  void add_prediction(const PredictionReport& report);
  /// Sets predictions_confirmed_since of the relay to 0. Call this when data that was refuted has changed.
  void begin_confirming(std::string_view relay);
  /// Counts a recipient that was refused at RCPT, and therefore is in no outcome.
  void add_refused(const RecipientReport& report);

  /// What is remembered over a restart, as lines "RELAY<tab>NAME<tab>NUMBER"; add_totals() reads them, and ignores
  /// other lines.
  std::string totals() const;
  void add_totals(std::string_view text);

 private:
  std::array<std::atomic<std::uint64_t>, count_rows.size()> counts_{};
  mutable std::mutex mutex_;
  ByRelay by_relay_;
};

Disposition disposition_of(const RecipientReport& report);

}  // namespace shorthop
