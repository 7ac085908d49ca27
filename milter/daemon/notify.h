// What systemd is told (sd_notify(3)); without systemd, or when not started by it, nothing.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace shorthop {

// Any thread may call these.
void notify_ready(const std::string& status);
/// To be followed by notify_ready, whatever the reload came to.
void notify_reloading();
void notify_status(const std::string& status);
void notify_alive();
void notify_stopping();

/// How long systemd waits for notify_alive before it ends us (WatchdogSec=); nothing: it does not watch.
std::optional<std::chrono::microseconds> watchdog_period();

}  // namespace shorthop
