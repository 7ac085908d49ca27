#include "daemon/reload.h"

#include <fmt/format.h>
#include <sysexits.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace shorthop {
namespace {

std::string lines_of(const Diagnostics& diagnostics) {
  std::string text;
  for (const auto& diagnostic : diagnostics) text += diagnostic.text() + "\n";
  return text;
}

void warn_if_changed(Diagnostics& warnings, const Settings& next, std::string_view name, bool is_same) {
  if (is_same) return;
  warnings.push_back({next.file, 0, fmt::format("{} has changed, the old value stays in force", name),
                      "restart shorthopd to change it", Severity::warning, Trouble::settings});
}

/// The new settings, but what a running daemon cannot change as it is.
Settings with_what_runs(Settings next, const Settings& running) {
  next.socket = running.socket;
  next.socket_mode = running.socket_mode;
  next.socket_group = running.socket_group;
  next.control = running.control;
  next.log_format = running.log_format;
  next.log_level = running.log_level;
  return next;
}

std::string_view mode_of(const Settings& settings) {
  const auto rewrites = [](const RelaySettings& relay) { return relay.mode == Mode::rewrite; };
  if (std::ranges::none_of(settings.relays, rewrites)) return "observe";
  return std::ranges::all_of(settings.relays, rewrites) ? "rewrite" : "observe or rewrite, by relay";
}

}  // namespace

std::expected<Loaded, Diagnostics> load(const std::filesystem::path& main_file, Diagnostics& warnings) {
  auto files = std::make_shared<SystemFiles>();
  auto settings = read_settings(main_file, *files, warnings);
  if (!settings) return std::unexpected(std::move(settings.error()));
  auto snapshot = load_snapshot(*settings, files, warnings);
  if (!snapshot) return std::unexpected(std::move(snapshot.error()));
  return Loaded{std::move(*settings), std::move(*snapshot)};
}

Diagnostics changes_that_need_a_restart(const Settings& running, const Settings& next) {
  Diagnostics warnings;
  warn_if_changed(warnings, next, "socket", running.socket == next.socket);
  warn_if_changed(warnings, next, "socket-mode", running.socket_mode == next.socket_mode);
  warn_if_changed(warnings, next, "socket-group", running.socket_group == next.socket_group);
  warn_if_changed(warnings, next, "control", running.control == next.control);
  warn_if_changed(warnings, next, "log-format", running.log_format == next.log_format);
  warn_if_changed(warnings, next, "log-level", running.log_level == next.log_level);
  return warnings;
}

Reload::Reload(std::filesystem::path main_file, Settings settings, CurrentSnapshot& current, Counters& counters,
               Log& log)
    : main_file_(std::move(main_file)),
      in_force_{std::make_shared<const Settings>(std::move(settings)), std::chrono::system_clock::now()},
      current_(current),
      counters_(counters),
      log_(log) {}

control::Answer Reload::run() try {
  Diagnostics warnings;
  auto loaded = load(main_file_, warnings);
  if (loaded) return put_into_force(std::move(*loaded), std::move(warnings));
  warnings.insert(warnings.end(), loaded.error().begin(), loaded.error().end());
  return keep(shortened(std::move(warnings), most_told));
} catch (const std::exception& bug) {  // no memory for a second snapshot, say: the first one is untouched
  return keep(
      {{main_file_.string(), 0, fmt::format("cannot load: {}", bug.what()), "", Severity::error, Trouble::temporary}});
}

bool Reload::refresh() { return false; }  // load/ has no way yet to tell whether files have changed

InForce Reload::in_force() const {
  const std::lock_guard lock(mutex_);
  return in_force_;
}

control::Answer Reload::put_into_force(Loaded loaded, Diagnostics warnings) {
  const auto running = settings();
  for (auto& warning : changes_that_need_a_restart(*running, loaded.settings)) warnings.push_back(std::move(warning));
  warnings = shortened(std::move(warnings), most_told);
  InForce next{std::make_shared<const Settings>(with_what_runs(std::move(loaded.settings), *running)),
               std::chrono::system_clock::now()};
  const std::string done = "reloaded: " + summary(*next.settings);
  // From here on new messages see the new tables; those under way keep theirs.
  current_.replace(std::move(loaded.snapshot));
  {
    const std::lock_guard lock(mutex_);
    in_force_ = std::move(next);
  }
  counters_.add(Count::reloads);
  for (const auto& warning : warnings) log_.write(warning);
  log_.info(done);
  return {lines_of(warnings) + done + "\n", EX_OK};
}

control::Answer Reload::keep(const Diagnostics& problems) {
  counters_.add(Count::reloads_failed);
  for (const auto& problem : problems) log_.write(problem);
  const std::string kept = "not reloaded: the old settings and tables stay in force";
  log_.error(kept);
  return {lines_of(problems) + kept + "\n", EX_CONFIG};
}

std::string summary(const Settings& settings) {
  std::size_t domains = 0;
  for (const auto& relay : settings.relays) domains += relay.domains.value.size();
  const auto plural = [](std::size_t n, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", n, n == 1 ? one : many);
  };
  return fmt::format("{} of {}, mode {}", plural(domains, "relay domain", "relay domains"),
                     plural(settings.relays.size(), "primary", "primaries"), mode_of(settings));
}

}  // namespace shorthop
