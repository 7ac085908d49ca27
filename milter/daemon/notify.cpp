#include "daemon/notify.h"

#ifdef SHORTHOP_WITH_SYSTEMD
#include <systemd/sd-daemon.h>

#include <cstdint>
#endif

namespace shorthop {

#ifdef SHORTHOP_WITH_SYSTEMD

namespace {

/// The main loop does not turn while it loads: with millions of aliases, longer than a watchdog is patient.
constexpr std::chrono::minutes longest_reload{10};

void notify(const std::string& state) { ::sd_notify(0, state.c_str()); }

/// Begins to wait anew, for so long (sd_notify(3), WATCHDOG_USEC); nothing if we are not watched.
std::string watchdog_patience(std::chrono::microseconds time) {
  return watchdog_period() ? "\nWATCHDOG_USEC=" + std::to_string(time.count()) : "";
}

}  // namespace

std::optional<std::chrono::microseconds> watchdog_period() {
  static const auto period = [] {
    std::uint64_t microseconds = 0;
    const bool is_watched = ::sd_watchdog_enabled(0, &microseconds) > 0;
    return std::chrono::microseconds(is_watched ? microseconds : 0);
  }();
  return period.count() > 0 ? std::optional(period) : std::nullopt;
}

void notify_ready(const std::string& status) {
  notify("READY=1\nSTATUS=" + status + watchdog_patience(watchdog_period().value_or(std::chrono::microseconds(0))));
}

void notify_alive() { notify("WATCHDOG=1"); }

void notify_reloading() {
  // Type=notify-reload wants to know when the reload began (sd_notify(3), MONOTONIC_USEC).
  const auto now = std::chrono::steady_clock::now().time_since_epoch();  // CLOCK_MONOTONIC
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds) + watchdog_patience(longest_reload));
}

void notify_stopping() { notify("STOPPING=1"); }

#else

void notify_ready(const std::string&) {}
void notify_reloading() {}
void notify_alive() {}
void notify_stopping() {}
std::optional<std::chrono::microseconds> watchdog_period() { return std::nullopt; }

#endif

}  // namespace shorthop
