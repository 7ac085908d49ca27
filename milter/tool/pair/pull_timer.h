// What repeats `shorthop pull NAME`: the units shorthop-pull@NAME, or a line for cron where systemd does not run.
#pragma once

#include <string>

#include "settings/settings.h"
#include "tool/pair/programs.h"

namespace shorthop::tool {

/// Whether the units can pull this relay: systemd runs, and they read these settings.
bool has_pull_timer(const Settings& settings);

/// Pulls once as the unit does, which proves its rights, and enables the timer.
PairStep start_pull_timer(const std::string& relay);

/// Stops both units, and takes what systemd remembers of them. Whether the timer was enabled.
bool stop_pull_timer(const std::string& relay);

/// The file of cron_line(); it is the postmaster who writes it.
std::string cron_file(const std::string& relay);
std::string cron_line(const Settings& settings, const std::string& relay);

}  // namespace shorthop::tool
