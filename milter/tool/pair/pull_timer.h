// Repeats `shorthop pull NAME` by the units shorthop-pull@NAME, or by a line for cron where systemd does not run.
#pragma once

#include <string>

#include "settings/settings.h"
#include "tool/pair/programs.h"

namespace shorthop::tool {

/// Whether the units can pull this relay: systemd runs, and they read these settings.
bool has_pull_timer(const Settings& settings);

/// Lines for the service shorthop-pull@NAME, whose ProtectSystem= forbids to write a mirror outside of the data
/// directory (systemd.exec(5), ReadWritePaths=). Empty: it needs none.
std::string drop_in_for(const std::string& mirror);

/// Pulls once as the unit does, which proves its rights, and enables the timer. Writes the lines above first.
PairStep start_pull_timer(const RelaySettings& relay);

/// Stops both units, removes the lines, and makes systemd forget the units. Returns whether the timer was enabled.
bool stop_pull_timer(const std::string& relay);

/// The file of cron_line(), which the postmaster writes.
std::string cron_file(const std::string& relay);
std::string cron_line(const Settings& settings, const std::string& relay);

}  // namespace shorthop::tool
