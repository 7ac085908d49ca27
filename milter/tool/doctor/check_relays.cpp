// The doctor on settings and tables: they must exist, have entries, be fresh, and be readable for the daemon.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "session/decision.h"
#include "tables/table_name.h"
#include "text/amounts.h"
#include "tool/doctor/checks.h"
#include "tool/printed_command.h"

namespace shorthop::tool {
namespace {

bool has_tables(const RelaySettings& relay) {
  return !relay.mirror.value.empty() || !relay.virtual_alias_maps.value.empty() || !relay.alias_maps.value.empty() ||
         !relay.forward_files.value.empty();
}

/// A command that uses the settings that were examined.
std::string command_for(const HostFacts& facts, std::string_view words) {
  return tool::command_for(facts.settings->file, words);
}

const Relay* loaded(const HostFacts& facts, const RelaySettings& settings) {
  if (!facts.snapshot || settings.domains.value.empty()) return nullptr;
  const auto found = facts.snapshot->relay_by_domain.find(settings.domains.value.front());
  return found == facts.snapshot->relay_by_domain.end() ? nullptr : found->second.get();
}

/// Reports data that the daemon does not act on because it has shrunk. Data that is not loaded because its copy is
/// incomplete was reported by the loader (copy-incomplete).
void check_held(const Relay& relay, const RelaySettings& settings, Findings& findings) {
  if (relay.held_back.empty() || !relay.pending.empty()) return;
  findings.add("data-held-back", {settings.file, 0},
               fmt::format("nothing is rewritten for {}: {}", relay.name, relay.held_back), relay.held_back_fix);
}

/// What to do about data that is too old.
std::string how_to_refresh(const RelaySettings& settings) {
  if (settings.pull) {
    return "run shorthop pull, which prints why pulls fail; if it finds no newer bundle, find out why the primary no "
           "longer exports";
  }
  return settings.mirror.value.empty()
             ? "find out why the files are no longer copied; each copy must write primary-postconf again, as its last "
               "step"
             : "find out why the mirror is no longer filled; each copy that succeeds must touch its stamp";
}

/// Reports old data in the words of the daemon (DESIGN 2.5).
void check_age(const Relay& relay, const RelaySettings& settings, const HostFacts& facts, Findings& findings) {
  const Origin place{settings.file, 0};
  if (!relay.max_age && !settings.has_max_age && !relay.newest.file.empty()) {
    findings.add("no-max-age", place, fmt::format("max-age is not set for {}", relay.name),
                 "write max-age = 48h, or max-age = none if the copies never change");
  }
  if (!relay.held_back.empty()) return;
  if (const std::string why = why_unusable(relay, facts.now); !why.empty()) {
    findings.add("stale-data", place, fmt::format("{}: {}", relay.name, why), how_to_refresh(settings));
  }
}

void check_pull(const RelayPull& pull, const HostFacts& facts, Findings& findings) {
  if (!pull.last) {
    findings.add("never-pulled", pull.place, fmt::format("no bundle of {} was pulled yet", pull.relay),
                 fmt::format("run {}; then systemctl enable --now shorthop-pull@{}.timer",
                             command_for(facts, "pull " + pull.relay), pull.relay));
  } else if (!pull.last->failure.empty()) {
    const auto ago = std::chrono::duration_cast<std::chrono::seconds>(facts.now - pull.last->time);
    findings.add(
        "pull-failed", pull.place,
        fmt::format("the last pull of {} failed {} ago: {}", pull.relay, duration_text(ago), pull.last->failure),
        "run " + command_for(facts, "pull " + pull.relay) + ", which says more");
  }
}

/// Copies dated further in the future than two hosts' clocks may differ.
void check_future(const HostFacts& facts, Findings& findings) {
  constexpr std::chrono::minutes clock_difference{5};
  for (const DatedFile& copy : facts.copies) {
    const auto ahead = std::chrono::duration_cast<std::chrono::seconds>(copy.changed - facts.now);
    if (ahead <= clock_difference) continue;
    findings.add("data-in-future", {copy.path, 0},
                 fmt::format("the time of the copy is {} in the future", duration_text(ahead)),
                 "set the clocks of both hosts, then copy it again or touch it");
  }
}

/// Without the output of `postconf -n`, most facts about a Postfix primary are guesses.
void check_postconf(const RelaySettings& settings, const HostFacts& facts, Findings& findings) {
  const bool is_known = !settings.primary_postconf.value.empty() || !settings.mirror.value.empty();
  if (settings.profile.value != Profile::postfix || is_known) return;
  findings.add("no-primary-postconf", {settings.file, 0},
               fmt::format("primary-postconf of {} is not set", settings.name),
               fmt::format("mirror the primary: {}; or name a copy of its `postconf -n` in primary-postconf",
                           command_for(facts, pair_words(settings))));
}

/// mode = rewrite is recommended only if enough mail came back as predicted (DESIGN 2.11).
void check_predictions(const RelaySettings& settings, const HostFacts& facts, Findings& findings) {
  constexpr std::uint64_t enough = 100;
  const Origin place{settings.file, 0};
  const auto found = std::ranges::find(facts.predictions, settings.name, &CheckedPredictions::relay);
  const CheckedPredictions checked = found == facts.predictions.end() ? CheckedPredictions{} : *found;
  if (checked.kept_as_refuted > 0) {
    findings.add("prediction-refuted", place,
                 fmt::format("{}: mail for {} recipients came back for other recipients than the primary's data says",
                             settings.name, checked.kept_as_refuted),
                 "copy the primary's data again; the log names them: prediction=refuted");
  }
  if (settings.mode != Mode::observe) return;
  if (checked.kept_as_refuted == 0 && checked.confirmed_since >= enough) {
    findings.add(
        "ready-to-rewrite", place,
        fmt::format("{} predictions of {} were confirmed, and none is refuted", checked.confirmed_since, settings.name),
        "set mode = rewrite and control = 1%, then run " + command_for(facts, "reload"));
  } else {
    findings.add("mode-observe", place,
                 fmt::format("the mode of {} is observe; {} of {} predictions are confirmed so far", settings.name,
                             checked.confirmed_since, enough),
                 "wait until `shorthop check` recommends mode = rewrite");
  }
}

/// Each live table was asked for one key. Reports the tables that failed or were slow.
void check_live_tables(const HostFacts& facts, Findings& findings) {
  constexpr int slow_part = 2;  // of lookup-timeout
  for (const LiveTableFacts& table : facts.live_tables) {
    const Origin place{table.name, 0};
    if (table.failure) {
      findings.add("not-asked", place, fmt::format("a look-up failed: {}", *table.failure),
                   "find out why the server cannot be asked from this host; shorthopd tries again by itself");
    } else if (table.taken > facts.snapshot->lookup_timeout / slow_part) {
      findings.add("slow-table", place, fmt::format("a look-up took {} ms", table.taken.count()),
                   "add an index to the column that the query compares, or ask a nearer server");
    }
  }
}

/// Ignores tables of a mirror: they may be empty on the primary too, and max-shrink notices a table that became empty.
void check_empty(const TableFacts& table, const Settings& settings, Findings& findings) {
  const auto relay = std::ranges::find(settings.relays, table.relay, &RelaySettings::name);
  const bool is_of_mirror = relay != settings.relays.end() && !relay->mirror.value.empty();
  if (is_of_mirror || table.entries != 0U) return;
  findings.add("empty-table", {origin_file_of(table.name), 0},
               fmt::format("{} of {} has no entry", table.name, table.relay), "copy it again, or remove it");
}

void check_relay(const RelaySettings& settings, const HostFacts& facts, Findings& findings) {
  const Origin place{settings.file, 0};
  if (!has_tables(settings)) {
    findings.add("no-tables", place, fmt::format("{} has no alias tables", settings.name),
                 settings.profile.value == Profile::flat
                     ? "let the primary export its aliases, and name the copy in virtual-alias-maps"
                     : fmt::format("mirror the primary: {}; or name copies of its tables in virtual-alias-maps, "
                                   "alias-maps and forward-files",
                                   command_for(facts, pair_words(settings))));
  }
  if (const Relay* relay = loaded(facts, settings); relay != nullptr && has_tables(settings)) {
    check_held(*relay, settings, findings);
    check_age(*relay, settings, facts, findings);
  }
  check_postconf(settings, facts, findings);
  check_predictions(settings, facts, findings);
}

/// The command that lets the account enter the directory `denied`, or read it if it is the last part of the path.
std::string chmod_for(const PathPart& denied, bool is_last, const Account& account) {
  const bool is_directory = denied.kind == PathPart::Kind::directory;
  const std::string_view rights = !is_last ? "x" : is_directory ? "rx" : "r";
  return fmt::format("chmod {}+{} {}", mode_class(denied, account), rights, denied.path);
}

/// A change of mode updates a file's change time. If that is later than the stamp's, the mirror is not loaded until the
/// stamp is touched.
std::string fix_of_mode(const HostFacts& facts, const PathPart& denied, bool is_last) {
  std::string change = chmod_for(denied, is_last, *facts.daemon_account);
  for (const RelaySettings& relay : facts.settings->relays) {
    const std::string& mirror = relay.mirror.value;
    if (mirror.empty() || !denied.path.starts_with(mirror + "/")) continue;
    return fmt::format(
        "make it readable when it is copied, as shorthop-mirror does if root runs it; or {} and touch {}/stamp", change,
        mirror);
  }
  return change;
}

void check_readable(const HostFacts& facts, Findings& findings) {
  if (!facts.daemon_account) return;
  constexpr std::uint32_t read = 04;
  constexpr std::uint32_t list = 05;
  std::set<std::string> named;
  for (const PathFacts& path : facts.data_files) {
    const PathPart& last = path.back();
    const bool is_directory = last.kind == PathPart::Kind::directory;
    const PathPart* denied = first_denied(path, *facts.daemon_account, is_directory ? list : read);
    if (denied == nullptr || !named.insert(denied->path).second) continue;
    findings.add("unreadable-for-daemon", {last.path, 0},
                 fmt::format("user {} cannot {} {}", facts.daemon_account->name, denied == &last ? "read" : "enter",
                             denied->path),
                 fix_of_mode(facts, *denied, denied == &last));
  }
}

/// The daemon writes and replaces files in the directory of the setting state.
void check_state(const HostFacts& facts, Findings& findings) {
  if (facts.state.empty() || facts.state.back().kind == PathPart::Kind::hidden) return;
  const Origin place{facts.settings->file, 0};
  const PathPart& last = facts.state.back();
  const std::string& directory = facts.settings->state;
  const std::string user = facts.daemon_account ? facts.daemon_account->name : "shorthop";
  const std::string fix = fmt::format("install -d -o {} -m 0750 {}", user, directory);
  if (last.kind != PathPart::Kind::directory) {
    const bool is_missing = last.kind == PathPart::Kind::missing;
    return findings.add("state-directory", place,
                        fmt::format("{} {}", directory, is_missing ? "is missing" : "is not a directory"), fix);
  }
  const PathPart* denied = facts.daemon_account ? first_denied(facts.state, *facts.daemon_account, 03) : nullptr;
  if (denied == nullptr) {
    if (facts.state_failure.empty()) return;
    return findings.add("state-directory", place, "shorthopd cannot write there: " + facts.state_failure,
                        "make room on that disk, or let shorthopd write to it; two daemons need two directories");
  }
  const bool is_parent = denied != &last;
  findings.add("state-directory", place,
               fmt::format("user {} cannot {} {}", user, is_parent ? "enter" : "write to", denied->path),
               is_parent ? chmod_for(*denied, false, *facts.daemon_account) : fix);
}

/// Whether the running daemon answers, and has the settings and data that are on disk.
void check_daemon(const HostFacts& facts, Findings& findings) {
  const Origin main_file{facts.settings->file, 0};
  if (!facts.silence_of_daemon.empty()) {
    findings.add("daemon-silent", main_file, facts.silence_of_daemon, "restart shorthopd");
  }
  if (!facts.absence_of_daemon.empty() && facts.connection == Connection::accepted) {
    findings.add("control-socket-gone", main_file,
                 "shorthopd runs, but not at its control socket: " + facts.absence_of_daemon,
                 "restart shorthopd; if the socket was removed, find out what removes it");
  }
  if (facts.has_other_settings) {
    findings.add("other-settings", main_file, "the settings that shorthopd has in force differ from the files",
                 "run " + command_for(facts, "reload"));
  }
  check_state(facts, findings);
  for (const std::string& other : facts.other_data) {
    findings.add("other-generation", main_file, other,
                 "wait until shorthopd loads the newer data, or run shorthop status, which says why it does not");
  }
}

}  // namespace

void check_relays(const HostFacts& facts, Findings& findings) {
  if (!facts.settings) return;
  if (facts.settings->relays.empty()) {
    findings.add("no-relay", {facts.settings->file, 0}, "relay.d has no *.conf file",
                 "run " + command_for(facts, "setup --apply") + ", which writes one for each relay domain");
  }
  for (const std::string& file : facts.ignored_files) {
    findings.add("relay-file-ignored", {file, 0}, "the name of this file does not end in .conf",
                 fmt::format("mv {0} {0}.conf, or move it out of relay.d", file));
  }
  for (const RelaySettings& relay : facts.settings->relays) check_relay(relay, facts, findings);
  for (const RelayPull& pull : facts.pulls) check_pull(pull, facts, findings);
  check_future(facts, findings);
  check_daemon(facts, findings);
  check_live_tables(facts, findings);
  for (const TableFacts& table : facts.tables) check_empty(table, *facts.settings, findings);
  check_readable(facts, findings);
}

}  // namespace shorthop::tool
