#include "daemon/bridge_faults.h"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <chrono>
#include <mutex>

namespace shorthop {
namespace {

std::string_view shown_id(std::string_view queue_id) { return queue_id.empty() ? "NOQUEUE" : queue_id; }

/// Whether this kind may be logged now: once a minute.
bool is_due(ConnectionFault what) {
  static std::mutex mutex;
  static std::array<std::chrono::steady_clock::time_point, 2> quiet_until{};
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex);
  auto& until = quiet_until.at(static_cast<std::size_t>(what));
  if (now < until) return false;
  until = now + std::chrono::minutes(1);
  return true;
}

}  // namespace

void BridgeFaults::report_exception(std::string_view queue_id, const char* step, const char* what) noexcept try {
  counters_.add(Count::exceptions);
  log_.write_of_message(LogLevel::error, shown_id(queue_id),
                        fmt::format("internal error at {}: {}; the recipients of this message are kept", step, what));
} catch (...) {  // NOLINT(bugprone-empty-catch): logging failed too; the mail passes unchanged
}

void BridgeFaults::report_connection_fault(ConnectionFault what) noexcept try {
  counters_.add(Count::connections_refused);
  if (!is_due(what)) return;
  log_.warning(what == ConnectionFault::macros
                   ? "a connection to the milter socket was closed: its macros are not pairs of name and value"
                   : "a connection to the milter socket was refused: raise the limit of open files (LimitNOFILE)");
} catch (...) {  // NOLINT(bugprone-empty-catch): the mail passes unchanged
}

void BridgeFaults::report_unsent_edit(std::string_view queue_id, std::size_t sent, std::size_t edit_count) {
  counters_.add(Count::edits_failed);
  log_.write_of_message(LogLevel::warning, shown_id(queue_id),
                        fmt::format("edit {} of {} could not be sent to the MTA; the edits after it were not sent",
                                    sent + 1, edit_count));
}

void BridgeFaults::report_stopping(std::string_view queue_id) {
  log_.write_of_message(LogLevel::info, shown_id(queue_id),
                        "shorthopd is stopping: the recipients of this message are kept");
}

void BridgeFaults::report_no_guard() {
  static std::atomic<bool> is_said = false;
  if (is_said.exchange(true)) return;
  log_.warning("libmilter is linked so that its packets cannot be checked: malformed macros can crash shorthopd");
}

void BridgeFaults::report_cannot_edit(unsigned long milter_actions) {
  static std::atomic<bool> is_said = false;
  if (is_said.exchange(true)) return;
  log_.warning(fmt::format(
      "the MTA does not offer to add and to delete recipients (milter actions {:#x}): its recipients are kept",
      milter_actions));
}

}  // namespace shorthop
