#include "daemon/notify.h"

#ifdef SHORTHOP_WITH_SYSTEMD
#include <systemd/sd-daemon.h>

#include <chrono>
#endif

namespace shorthop {

#ifdef SHORTHOP_WITH_SYSTEMD

namespace {

void notify(const std::string& state) { ::sd_notify(0, state.c_str()); }

}  // namespace

void notify_ready(const std::string& status) { notify("READY=1\nSTATUS=" + status); }

void notify_reloading() {
  // Type=notify-reload wants to know when the reload began (sd_notify(3), MONOTONIC_USEC).
  const auto now = std::chrono::steady_clock::now().time_since_epoch();  // CLOCK_MONOTONIC
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

void notify_stopping() { notify("STOPPING=1"); }

#else

void notify_ready(const std::string&) {}
void notify_reloading() {}
void notify_stopping() {}

#endif

}  // namespace shorthop
