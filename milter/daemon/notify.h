// Notifications to systemd (sd_notify(3)); no effect without systemd, or if systemd did not start the daemon.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace shorthop {

// Safe to call from any thread.
void notify_ready(const std::string& status);
/// Must be followed by notify_ready, whether the reload succeeds or not.
void notify_reloading();
void notify_status(const std::string& status);
void notify_alive();
void notify_stopping();

/// How long systemd waits for notify_alive before it kills the daemon (WatchdogSec=); nullopt: no watchdog.
std::optional<std::chrono::microseconds> watchdog_period();

}  // namespace shorthop
