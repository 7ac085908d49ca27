#include "daemon/reload.h"

#include <fmt/format.h>
#include <sysexits.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <map>
#include <utility>

#include "session/decision.h"
#include "text/amounts.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

std::string lines_of(const Diagnostics& diagnostics) {
  std::string text;
  for (const auto& diagnostic : diagnostics) text += diagnostic.text() + "\n";
  return text;
}

void append(Diagnostics& all, Diagnostics more) {
  for (Diagnostic& diagnostic : more) all.push_back(std::move(diagnostic));
}

/// A warning for each relay whose data is too old. There is none for a relay whose data is held back, because the load
/// has said why.
Diagnostics stale_relays(const Snapshot& snapshot, std::chrono::system_clock::time_point now) {
  std::map<std::string, std::string> why_by_relay;
  for (const auto& [domain, relay] : snapshot.relay_by_domain) {
    if (relay->held_back.empty()) why_by_relay[relay->name] = why_unusable(*relay, now);
  }
  Diagnostics stale;
  for (auto& [name, why] : why_by_relay) {
    if (why.empty()) continue;
    stale.push_back({{name, 0},
                     why + ": its recipients are kept",
                     "copy the primary's data again",
                     Severity::warning,
                     ErrorClass::data});
  }
  return stale;
}

/// The exit status of a reload. 65: a relay has no data that may be used. Otherwise 75: a relay keeps its old data,
/// because its new files could not be loaded. Otherwise the status of the errors that disabled a part of a relay.
int status_of(const Snapshot& snapshot, const Diagnostics& diagnostics) {
  int status = exit_status(diagnostics);
  if (status == EX_CONFIG) status = EX_DATAERR;  // 78 would mean that nothing was activated
  for (const auto& [domain, relay] : snapshot.relay_by_domain) {
    if (!relay->held_back.empty()) return EX_DATAERR;
    if (!relay->pending.empty()) status = EX_TEMPFAIL;
  }
  return status;
}

/// Calls `use` with the name and the member of each setting that only a restart can change.
template <class Use>
void each_restart_only_setting(const Use& use) {
  use("socket", &Settings::socket);
  use("socket-mode", &Settings::socket_mode);
  use("socket-group", &Settings::socket_group);
  use("control", &Settings::control);
  use("log-format", &Settings::log_format);
  use("log-level", &Settings::log_level);
  use("log-recipients", &Settings::log_recipients);
  use("metrics", &Settings::metrics);
}

/// The new settings, except for those that only a restart can change.
Settings with_restart_only_settings_of(Settings next, const Settings& running) {
  each_restart_only_setting([&](std::string_view, auto member) { next.*member = running.*member; });
  return next;
}

std::string_view text_of(News news) {
  switch (news) {
    case News::none: return {};
    case News::files: return "loaded changed files";
    case News::names: return "the DNS has new answers";
    case News::clock: return "the system clock was set: the ages of all files were judged again";
  }
  return {};
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
  auto data = std::make_unique<DataLoader>(files, system_sources(), std::make_shared<Backends>());
  data->remember();
  auto refutations = std::make_shared<Refutations>();
  data->use(refutations);
  auto loaded = data->load(*settings);
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  append(warnings, std::move(loaded->diagnostics));
  return Loaded{std::move(*settings), std::move(loaded->snapshot), std::move(data), std::move(refutations)};
}

Diagnostics changes_that_need_a_restart(const Settings& running, const Settings& next) {
  Diagnostics warnings;
  each_restart_only_setting([&](std::string_view name, auto member) {
    if (running.*member == next.*member) return;
    warnings.push_back({{next.file, 0},
                        fmt::format("{} has changed, but the old value stays in force", name),
                        "restart shorthopd to change it",
                        Severity::warning,
                        ErrorClass::settings});
  });
  return warnings;
}

Reload::Reload(std::filesystem::path main_file, Settings settings, std::unique_ptr<DataLoader> data,
               CurrentSnapshot& current, Counters& counters, Log& log)
    : main_file_(std::move(main_file)),
      data_(std::move(data)),
      in_force_{std::make_shared<const Settings>(std::move(settings)), std::chrono::system_clock::now()},
      current_(current),
      counters_(counters),
      log_(log) {}

control::Answer Reload::run() try {
  if (const Diagnostics unknown = pass_on_accepted_shrinks(); !unknown.empty()) return keep(unknown);
  Diagnostics warnings;
  auto settings = read_settings(main_file_, SystemFiles(), warnings);
  auto loaded = settings ? data_->load(*settings) : std::unexpected(std::move(settings.error()));
  if (loaded) return put_into_force(std::move(*settings), std::move(*loaded), std::move(warnings));
  append(warnings, std::move(loaded.error()));
  return keep(shortened(std::move(warnings), max_reported));
} catch (const std::exception& bug) {  // for example, no memory for a second snapshot: the first one is unchanged
  return keep({{{main_file_.string(), 0},
                fmt::format("cannot load: {}", bug.what()),
                "",
                Severity::error,
                ErrorClass::temporary}});
}

void Reload::report_tables() {
  for (const TableNews& news : data_->table_news()) {
    if (news.failure.empty()) {
      log_.info(news.table + ": it answers again");
    } else {
      log_.warning(fmt::format("{}: {}; recipients that may be in it are kept", news.table, news.failure));
    }
  }
}

bool Reload::refresh() try {
  auto loaded = data_->refresh();
  if (!loaded) return false;
  current_.replace(std::move(loaded->snapshot));
  if (loaded->news == News::files) counters_.add(Count::refreshes);
  for (const auto& problem : shortened(std::move(loaded->diagnostics), max_reported)) log_.write(problem);
  if (const auto text = text_of(loaded->news); !text.empty()) log_.info(text);
  return true;
} catch (const std::exception& bug) {
  log_.error(fmt::format("cannot load changed files: {}", bug.what()));
  return false;
}

void Reload::accept_shrink(std::string relay) {
  const std::lock_guard lock(mutex_);
  to_accept_.push_back(std::move(relay));
}

/// Passes on the relays whose shrunken tables are to be accepted; one error for each unknown relay name.
Diagnostics Reload::pass_on_accepted_shrinks() {
  std::vector<std::string> relays;
  {
    const std::lock_guard lock(mutex_);
    relays.swap(to_accept_);
  }
  Diagnostics unknown;
  for (const std::string& relay : relays) {
    if (data_->accept_shrink(relay)) continue;
    unknown.push_back({{main_file_.string(), 0},
                       fmt::format("unknown relay \"{}\"", printable(relay, 100)),
                       "write the name of its file in relay.d, without .conf",
                       Severity::error,
                       ErrorClass::settings});
  }
  return unknown;
}

InForce Reload::in_force() const {
  const std::lock_guard lock(mutex_);
  return in_force_;
}

control::Answer Reload::put_into_force(Settings settings, LoadResult loaded, Diagnostics warnings) {
  const auto running = this->settings();
  append(warnings, std::move(loaded.diagnostics));
  append(warnings, stale_relays(*loaded.snapshot, std::chrono::system_clock::now()));
  append(warnings, changes_that_need_a_restart(*running, settings));
  const int status = status_of(*loaded.snapshot, warnings);
  warnings = shortened(std::move(warnings), max_reported);
  InForce next{std::make_shared<const Settings>(with_restart_only_settings_of(std::move(settings), *running)),
               std::chrono::system_clock::now()};
  const std::string done = "reloaded: " + summary(*next.settings);
  // From here on new messages use the new tables; those in progress keep theirs.
  current_.replace(std::move(loaded.snapshot));
  {
    const std::lock_guard lock(mutex_);
    in_force_ = std::move(next);
  }
  has_failed_ = false;
  counters_.add(Count::reloads);
  for (const auto& warning : warnings) log_.write(warning);
  log_.info(done);
  return {lines_of(warnings) + done + "\n", status};
}

control::Answer Reload::keep(const Diagnostics& problems) {
  has_failed_ = true;
  counters_.add(Count::reloads_failed);
  for (const auto& problem : problems) log_.write(problem);
  const std::string kept = "not reloaded: the old settings and tables stay in force";
  log_.error(kept);
  return {lines_of(problems) + kept + "\n", EX_CONFIG};
}

std::string summary(const Settings& settings) {
  std::size_t domains = 0;
  for (const auto& relay : settings.relays) domains += relay.domains.value.size();
  return fmt::format("{} of {}, mode {}", counted(domains, "relay domain", "relay domains"),
                     counted(settings.relays.size(), "primary", "primaries"), mode_of(settings));
}

}  // namespace shorthop
