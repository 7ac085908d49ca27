// What the bridge logs when something is wrong with the MTA's connection or with the bridge itself. The first three
// functions also count the fault.
#pragma once

#include <string_view>

#include "daemon/libmilter_guard.h"
#include "daemon/log/log.h"
#include "daemon/metrics/counters.h"

namespace shorthop {

/// Thread-safe. The functions that are noexcept ignore a failure to log: the mail passes unchanged.
class BridgeFaults {
 public:
  BridgeFaults(Counters& counters, Log& log) : counters_(counters), log_(log) {}

  /// An exception ended a callback.
  void report_exception(std::string_view queue_id, const char* step, const char* what) noexcept;
  /// A function of libmilter_guard.h refused or closed a connection. Counted each time, logged once a minute for each
  /// kind.
  void report_connection_fault(ConnectionFault what) noexcept;
  /// An edit could not be sent to the MTA, after `sent` of `edit_count` were sent.
  void report_unsent_edit(std::string_view queue_id, std::size_t sent, std::size_t edit_count);
  /// No edit of the message is sent, because the daemon is stopping.
  void report_stopping(std::string_view queue_id);

  // Each is logged once.
  void report_no_guard();                                 ///< the functions of libmilter_guard.h have no effect
  void report_cannot_edit(unsigned long milter_actions);  ///< the actions that the MTA offers do not suffice

 private:
  Counters& counters_;
  Log& log_;
};

}  // namespace shorthop
