// Repeats `shorthop pull NAME` by the units shorthop-pull@NAME, or by a line for cron where systemd does not run.
#pragma once

#include <string>

#include "settings/settings.h"
#include "tool/pair/programs.h"

namespace shorthop::tool {

/// Whether the units can pull: systemd runs, and the units read this settings file.
bool has_pull_timer(const Settings& settings);

/// Lines for the service shorthop-pull@NAME, whose ProtectSystem= forbids writing a mirror outside of the data
/// directory (systemd.exec(5), ReadWritePaths=). Empty if the service needs none.
std::string drop_in_for(const std::string& mirror);

/// Writes the lines of drop_in_for(), starts the service once to prove its rights, and enables the timer.
PairStep start_pull_timer(const RelaySettings& relay);

/// Stops both units, clears their failed state, and removes the lines of drop_in_for(). Returns whether the timer was
/// enabled.
bool stop_pull_timer(const std::string& relay);

/// The file for cron_line(). The postmaster writes it.
std::string cron_file(const std::string& relay);
std::string cron_line(const Settings& settings, const std::string& relay);

}  // namespace shorthop::tool
