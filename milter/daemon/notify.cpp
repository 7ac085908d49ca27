#include "daemon/notify.h"

#ifdef SHORTHOP_WITH_SYSTEMD
#include <systemd/sd-daemon.h>

#include <cstdint>
#endif

namespace shorthop {

#ifdef SHORTHOP_WITH_SYSTEMD

namespace {

void notify(const std::string& state) { ::sd_notify(0, state.c_str()); }

}  // namespace

std::optional<std::chrono::microseconds> watchdog_period() {
  static const auto period = [] {
    std::uint64_t microseconds = 0;
    const bool is_watched = ::sd_watchdog_enabled(0, &microseconds) > 0;
    return std::chrono::microseconds(is_watched ? microseconds : 0);
  }();
  return period.count() > 0 ? std::optional(period) : std::nullopt;
}

void notify_ready(const std::string& status) { notify("READY=1\nSTATUS=" + status); }

void notify_status(const std::string& status) { notify("STATUS=" + status); }

void notify_alive() { notify("WATCHDOG=1"); }

void notify_reloading() {
  // Type=notify-reload requires the time when the reload began (sd_notify(3), MONOTONIC_USEC).
  const auto now = std::chrono::steady_clock::now().time_since_epoch();  // CLOCK_MONOTONIC
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

void notify_stopping() { notify("STOPPING=1"); }

#else

void notify_ready(const std::string&) {}
void notify_reloading() {}
void notify_status(const std::string&) {}
void notify_alive() {}
void notify_stopping() {}
std::optional<std::chrono::microseconds> watchdog_period() { return std::nullopt; }

#endif

}  // namespace shorthop
