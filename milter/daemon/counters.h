// What the daemon counts from its start on, as rows: the unit stands in the name, the meaning beside it.
// Lock-free; any thread may count at any time.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "session/reason.h"
#include "session/session.h"

namespace shorthop {

enum class Count : std::uint8_t {
  connections,
  connections_refused,
  messages,
  messages_rewritten,
  hops_saved,
  bytes_saved,
  hops_observed,
  bytes_observed,
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
};

inline constexpr std::array count_rows = {
    CountRow{Count::connections, "connections", "connections of the MTA"},
    CountRow{Count::connections_refused, "connections-refused", "malformed macros, or no descriptor left"},
    CountRow{Count::messages, "messages", "messages seen up to DATA or to their end"},
    CountRow{Count::messages_rewritten, "messages-rewritten", "messages with a recipient replaced"},
    CountRow{Count::hops_saved, "hops-saved", "SMTP hops saved by replacing recipients"},
    CountRow{Count::bytes_saved, "bytes-saved", "bytes not sent, as declared by SIZE, once for each message"},
    CountRow{Count::hops_observed, "hops-observed", "SMTP hops that mode = rewrite would have saved"},
    CountRow{Count::bytes_observed, "bytes-observed", "bytes that mode = rewrite would not have sent"},
    CountRow{Count::edits_failed, "edits-failed", "messages of which the MTA rejected an edit"},
    CountRow{Count::exceptions, "exceptions", "internal errors; the recipients were left unchanged"},
    CountRow{Count::reloads, "reloads", "reloads that put a new snapshot into force"},
    CountRow{Count::reloads_failed, "reloads-failed", "reloads that kept the old snapshot"},
    CountRow{Count::refreshes, "refreshes", "loads of relays whose files had changed on disk"},
};

/// What became of a recipient. `observed`: it would have been replaced in mode rewrite. `failed`: the MTA did not take
/// the edits to the end, so it may have gone either way.
enum class Disposition : std::uint8_t { kept, replaced, observed, failed };
inline constexpr std::array<std::string_view, 4> disposition_names = {"kept", "replaced", "observed", "failed"};

class Counters {
 public:
  void add(Count count, std::uint64_t amount = 1) {
    counts_[static_cast<std::size_t>(count)].fetch_add(amount, std::memory_order_relaxed);
  }
  std::uint64_t get(Count count) const {
    return counts_[static_cast<std::size_t>(count)].load(std::memory_order_relaxed);
  }
  std::uint64_t recipients(Disposition disposition, Reason reason) const {
    return recipients_[static_cast<std::size_t>(disposition)][static_cast<std::size_t>(reason)].load(
        std::memory_order_relaxed);
  }

  /// Counts a message, its recipients, and what it was spared.
  void add_message(const Outcome& outcome);

 private:
  using Cell = std::atomic<std::uint64_t>;
  std::array<Cell, count_rows.size()> counts_{};
  std::array<std::array<Cell, reason_rows.size()>, disposition_names.size()> recipients_{};
};

Disposition disposition_of(const RecipientReport& report);

}  // namespace shorthop
