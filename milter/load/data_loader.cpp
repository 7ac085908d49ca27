#include "load/data_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <thread>
#include <utility>

#include "load/copied_settings.h"
#include "load/data_fingerprint.h"
#include "load/entry_counts.h"
#include "load/host/client_access.h"
#include "load/prediction_memory.h"
#include "load/table_opener.h"
#include "mail/international.h"
#include "postfix/transports.h"
#include "system/ip_address.h"
#include "system/own_addresses.h"
#include "tables/types.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::seconds max_wait{10};  // for files that keep changing
constexpr std::chrono::milliseconds between_looks{100};

/// The tables that shrank too much since the last load, unless the postmaster has accepted that; empty: none.
std::string what_shrank(const RelayState& state, const EntryCounts& now) {
  const auto& max_shrink = state.settings.max_shrink;
  if (state.entries.empty() || !max_shrink || state.accepts_shrink) return {};
  std::string shrunk = shrunk_tables(state.entries, now, *max_shrink);
  const bool is_mirror = !state.settings.mirror.value.empty();
  return shrunk.empty() && is_mirror ? dropped_tables(state.entries, now, *max_shrink) : shrunk;
}

}  // namespace

const LoadSources& system_sources() {
  static const SystemPostconf postconf;
  static const SystemHostAddresses addresses;
  static const SystemMxLookup exchangers;
  static const LoadSources sources{postconf, addresses, exchangers};
  return sources;
}

DataLoader::DataLoader(std::shared_ptr<const FileReader> files, const LoadSources& sources,
                       std::shared_ptr<Backends> backends)
    : files_(std::move(files)),
      sources_(sources),
      backends_(std::move(backends)),
      dns_(sources.addresses, sources.exchangers) {}

std::expected<LoadResult, Diagnostics> DataLoader::load(const Settings& settings) {
  diagnostics_.clear();
  Settings before_settings = std::exchange(settings_, settings);
  backends_->use({{.cache_ttl = settings_.cache_ttl, .max_wait = settings_.lookup_timeout}, settings_.postfix_config});
  if (auto host = load_host(); !host) {
    settings_ = std::move(before_settings);
    return std::unexpected(std::move(host.error()));
  }
  wait_until_stable();
  std::map<std::string, RelayState> before = std::exchange(states_, {});
  const auto deadline = Steady::now() + settings_.settle_time + max_wait;
  for (const RelaySettings& relay : settings_.relays) {
    const auto known = before.find(relay.name);
    RelayState state = known == before.end() ? RelayState{} : std::move(known->second);
    state.settings = relay;
    state.reported.clear();
    load_relay_into(state, deadline);
    report_local_relay_domains(relay, *host_.host, diagnostics_);
    states_[relay.name] = std::move(state);
  }
  ask_dns();
  auto snapshot = composed();
  for (const auto& relay : snapshot->relays) {
    report_client_action(relay->client_action, states_.at(relay->name).settings.file, diagnostics_);
  }
  return LoadResult{std::move(snapshot), std::exchange(diagnostics_, {})};
}

std::optional<LoadResult> DataLoader::refresh() {
  diagnostics_.clear();
  backends_->close_idle_connections();
  News news = clock_.was_set() ? News::clock : News::none;
  if (is_host_due()) {
    if (renew_host()) news = News::files;
    if (news != News::files) next_host_try_ = Steady::now() + sources_.between_questions;
  }
  for (auto& [name, state] : states_) {
    if (!is_due(state)) continue;
    load_relay_into(state, Steady::now());
    news = News::files;
  }
  if (news == News::files || Steady::now() >= next_question_) {
    const auto before = dns_.changes();
    ask_dns();
    if (news != News::files && dns_.changes() != before) news = News::names;
  }
  if (news == News::none && diagnostics_.empty()) return std::nullopt;
  return LoadResult{composed(), std::exchange(diagnostics_, {}), news};
}

const LoadedRelay* DataLoader::data_of(const std::string& relay) const {
  const auto found = states_.find(relay);
  return found == states_.end() ? nullptr : &found->second.data;
}

bool DataLoader::accept_shrink(std::string_view relay) {
  const auto found = states_.find(std::string(relay));
  if (found == states_.end()) return false;
  found->second.accepts_shrink = true;
  return true;
}

/// Whether the files of the relay have changed since the last attempt, and are stable.
bool DataLoader::is_due(const RelayState& state) const {
  const DataFiles& last = state.tried.empty() ? state.data.files : state.tried;
  const bool wants_load = state.accepts_shrink || state.was_unstable || last.first_changed(*files_);
  if (!wants_load) return false;
  // The stamp is written last.
  return state.data.is_stamped || last.stamped_again(*files_).are_stable(settings_.settle_time);
}

/// Whether the files of this host have changed, and are stable: postmap(1) writes a large table for seconds. If they
/// keep changing, the wait is limited, because Postfix uses them too.
bool DataLoader::is_host_due() {
  if (Steady::now() < next_host_try_) return false;
  const bool has_changed = host_files_.first_changed(*files_).has_value();
  const bool is_stable = !has_changed || host_files_.stamped_again(*files_).are_stable(settings_.settle_time);
  if (is_stable) host_deadline_ = Steady::now() + settings_.settle_time + max_wait;
  return has_changed && (is_stable || Steady::now() >= host_deadline_);
}

/// Called before the tables are read: a file that is still being written would have to be read again.
void DataLoader::wait_until_stable() const {
  const auto deadline = Steady::now() + settings_.settle_time + max_wait;
  for (const RelaySettings& relay : settings_.relays) {
    while (Steady::now() < deadline && !files_named_by(relay).are_stable(settings_.settle_time))
      std::this_thread::sleep_for(between_looks);
  }
}

DataFiles DataLoader::files_named_by(const RelaySettings& relay) const {
  DataFiles files;
  const TrackedFiles tracked(*files_, files);
  for (const auto* names : {&relay.virtual_alias_maps, &relay.alias_maps, &relay.mailboxes}) {
    for (const TableName& table : names->value) {
      if (const auto file = file_of_table(table)) static_cast<void>(tracked.stamp(*file));
    }
  }
  if (!relay.primary_postconf.value.empty()) static_cast<void>(tracked.stamp(relay.primary_postconf.value));
  return files;
}

LoadedRelay DataLoader::load_fingerprinted(const RelaySettings& settings) const {
  const FingerprintedFiles files(*files_);
  LoadedRelay loaded = load_relay(settings, files, *backends_);
  loaded.relay->fingerprint = files.fingerprint();
  return loaded;
}

/// Repeats the load until the files are stable, or until the deadline.
void DataLoader::load_relay_into(RelayState& state, Steady::time_point deadline) {
  LoadedRelay next = load_fingerprinted(state.settings);
  std::string why = why_unstable(next);
  while (!why.empty() && Steady::now() < deadline) {
    std::this_thread::sleep_for(between_looks);
    next = load_fingerprinted(state.settings);
    why = why_unstable(next);
  }
  report_new_diagnostics(state, std::move(next.diagnostics));
  state.was_unstable = !why.empty();
  if (why.empty()) why = next.torn;
  if (!why.empty()) return hold(state, std::move(next), why);
  take_unless_shrunk(state, std::move(next));
}

/// A mirror is loaded every few minutes: diagnostics that the previous load had too are not repeated.
void DataLoader::report_new_diagnostics(RelayState& state, Diagnostics diagnostics) {
  std::set<std::string> reported;
  for (Diagnostic& diagnostic : diagnostics) {
    std::string text = diagnostic.text();
    if (!state.reported.contains(text)) diagnostics_.push_back(std::move(diagnostic));
    reported.insert(std::move(text));
  }
  state.reported = std::move(reported);
}

/// Why the files may have been read during a copy; empty: they were not.
std::string DataLoader::why_unstable(const LoadedRelay& next) const {
  if (const auto changed = next.files.first_changed(*files_)) {
    return fmt::format("{} changed while it was read", printable(*changed, 200));
  }
  if (next.is_stamped || next.files.are_stable(settings_.settle_time)) return {};
  return fmt::format("a file changed less than {} s ago", settings_.settle_time.count());
}

void DataLoader::take_unless_shrunk(RelayState& state, LoadedRelay&& next) {
  // If the primary's settings could not be read, every recipient is kept. Tables that are missing then have not shrunk.
  if (next.relay->primary.unproven) return take(state, std::move(next));
  const RelaySettings& settings = state.settings;
  if (state.entries.empty()) state.entries = remembered_entries(settings_.state, settings.name, *files_);
  const std::string shrunk = what_shrank(state, next.entries);
  if (shrunk.empty()) {
    EntryCounts known = last_known_entries(state.entries, next.entries);
    if (remembers_ && state.entries != known) remember_entries(settings_.state, settings.name, known);
    state.entries = std::move(known);
    return take(state, std::move(next));
  }
  const std::string accept = "shorthop reload --accept-shrink " + settings.name;
  diagnostics_.push_back({{settings.file, 0},
                          fmt::format("{}: nothing is rewritten for this relay", shrunk),
                          "if that is right, run " + accept,
                          Severity::error,
                          ErrorClass::data});
  // The old data is outdated, and the new data may be truncated: use neither.
  next.relay->held_back = fmt::format("{}; \"{}\" accepts it", shrunk, accept);
  next.relay->held_back_fix = fmt::format("if that is right, run {}; if not, copy everything again", accept);
  take(state, std::move(next));
}

void DataLoader::take(RelayState& state, LoadedRelay&& next) {
  state.data = std::move(next);
  state.data_settings = state.settings;
  state.pending.clear();
  state.tried = {};
  state.accepts_shrink = false;
  state.loaded = std::chrono::system_clock::now();
}

/// Keeps the data in force. Nothing is rewritten if there is none, or if it was read with other settings: new settings
/// must not be used with the data of another mirror or primary.
void DataLoader::hold(RelayState& state, LoadedRelay&& next, const std::string& why) {
  std::string fix = state.settings.mirror.value.empty()
                        ? "copy files to a temporary name and rename them (rsync does); shorthopd tries again"
                        : "copy everything, and touch the stamp only after all of it succeeded";
  diagnostics_.push_back({{state.settings.file, 0},
                          fmt::format("the files of this relay are not loaded: {}", why),
                          fix,
                          Severity::error,
                          ErrorClass::temporary,
                          Subject::incomplete_copy});
  state.tried = next.files;
  state.pending = why;
  state.accepts_shrink = false;  // the postmaster has seen the counts of this copy, not of the next one
  if (state.data.relay != nullptr && is_same_data(state.data_settings, state.settings)) {
    return copy_settings(state.settings, *state.data.relay);
  }
  state.data = std::move(next);
  state.data_settings = state.settings;
  state.data.relay->held_back = "no data is loaded: " + why;
  state.data.relay->held_back_fix = std::move(fix);
}

/// Loads this host again; false if that failed. The same problem is reported only once.
bool DataLoader::renew_host() {
  const auto host = load_host();
  const std::string problem = host ? std::string() : host.error().front().text();
  if (std::exchange(host_problem_, problem) == problem || host) return host.has_value();
  diagnostics_.insert(diagnostics_.end(), host.error().begin(), host.error().end());
  diagnostics_.push_back({{settings_.file, 0},
                          "the changed domains and users of this host cannot be read, so the old ones stay in force",
                          "correct the errors reported before, then run shorthop reload",
                          Severity::error,
                          ErrorClass::data});
  return false;
}

std::expected<void, Diagnostics> DataLoader::load_host() {
  Diagnostics problems;
  DataFiles files;
  const TrackedFiles tracked(*files_, files);
  if (!settings_.postfix_config.empty()) {
    for (const char* name : {"main.cf", "master.cf"}) {
      static_cast<void>(tracked.stamp(std::filesystem::path(settings_.postfix_config) / name));
    }
  }
  TableOpener opener(tracked, *backends_);
  LoadedHost host = load_local_host(settings_, tracked, sources_.postconf, opener, problems, diagnostics_);
  if (has_error(problems)) return std::unexpected(std::move(problems));
  host_files_ = std::move(files);
  host_deadline_ = Steady::now() + settings_.settle_time + max_wait;
  host_ = std::move(host);
  host_.own.names.push_back(own_name());
  for (std::string& address : own_addresses()) host_.own.addresses.push_back(std::move(address));
  return {};
}

void DataLoader::ask_dns() {
  std::map<std::string, const RelaySettings*> primaries;
  for (const auto& [name, state] : states_) {
    const std::string name_of_primary = primary_name(state.settings);
    if (sources_.use_dns || is_ip_address(name_of_primary)) primaries.emplace(name_of_primary, &state.settings);
  }
  dns_.ask_addresses(primaries, diagnostics_);
  if (sources_.use_dns) {
    dns_.ask_exchangers(possible_target_domains(), domains_of_relays(), host_.own, settings_.file, diagnostics_);
  } else {
    dns_.assume_best_mx(possible_target_domains());
  }
  next_question_ = Steady::now() + (dns_.is_incomplete() ? sources_.between_questions : sources_.between_renewals);
}

/// The first domains of each relay; the MX records of more are not looked up.
std::set<std::string> DataLoader::domains_of_relays() const {
  std::set<std::string> asked;
  for (const auto& [name, state] : states_) {
    for (const std::string& domain : state.settings.domains.value) {
      if (asked.size() < max_domains_asked) asked.insert(domain);
    }
  }
  return asked;
}

/// The domains of this host that aliases may lead to. A relay needs to know whether mail for them comes here.
std::set<std::string> DataLoader::possible_target_domains() const {
  std::set<std::string, std::less<>> named(host_.domains.begin(), host_.domains.end());
  if (host_.has_other_domains) {  // only then, because reading the aliases again takes a third of the time of a load
    for (const auto& [name, state] : states_) add_domains_of_targets(state.data.relay->primary, named);
  }
  std::set<std::string> domains;
  for (const std::string& domain : named) {
    if (!host_.host->is_local_domain(folded_utf8(domain), no_deadline).value_or(false) ||
        domains.size() >= max_domains_asked)
      continue;
    const auto key = to_a_labels(domain);
    const auto is_stated = [&](const auto& known) {
      return std::ranges::find(known.second.settings.arrives_here, *key) != known.second.settings.arrives_here.end();
    };
    if (key && !std::ranges::all_of(states_, is_stated)) domains.insert(*key);
  }
  return domains;
}

std::shared_ptr<const Snapshot> DataLoader::composed() {
  clock_.begin();
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->host = dns_.with_answers(host_.host, host_.own);
  snapshot->relay_transports = settings_.relay_transports;
  snapshot->other_transports = other_transports(host_.inbound.services, host_.inbound.values);
  snapshot->lookup_timeout = settings_.lookup_timeout;
  snapshot->refutations = refutations_;
  if (!host_.live_tables.empty()) snapshot->live_tables[""] = host_.live_tables;
  for (const auto& [name, state] : states_) {
    if (!state.data.live_tables.empty()) snapshot->live_tables[name] = state.data.live_tables;
    const auto relay = composed_relay(state, settings_, host_, dns_, sources_.use_dns);
    if (relay->mode == Mode::observe || relay->control > 0 || !relay->rewrite_only.empty()) {
      snapshot->checks_predictions = true;
    }
    snapshot->relays.push_back(relay);
    for (const std::string& domain : state.settings.domains.value) snapshot->relay_by_domain[domain] = relay;
  }
  return snapshot;
}

std::expected<std::shared_ptr<const Snapshot>, Diagnostics> load_snapshot(
    const Settings& settings, const std::shared_ptr<const FileReader>& files, const LoadSources& sources,
    Diagnostics& diagnostics) {
  Settings at_once = settings;
  at_once.settle_time = std::chrono::seconds(0);
  DataLoader loader(files, sources, std::make_shared<Backends>());
  loader.use(remembered_refutations(settings.state, *files));
  auto loaded = loader.load(at_once);
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  for (Diagnostic& diagnostic : loaded->diagnostics) diagnostics.push_back(std::move(diagnostic));
  return std::move(loaded->snapshot);
}

}  // namespace shorthop
