// Loads the daemon's data relay by relay, keeps the data in force, and notices changes of the files on disk. A fault of
// one relay never affects another. Not thread-safe; the snapshots are.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "load/clock_watch.h"
#include "load/composed_relay.h"
#include "load/dns_answers.h"
#include "load/host/load_local_host.h"
#include "load/mx_rank.h"
#include "postfix/postconf.h"
#include "session/refutations.h"
#include "session/snapshot.h"
#include "settings/settings.h"
#include "system/dns.h"
#include "tables/types/backends.h"

namespace shorthop {

/// The sources of a load other than files.
struct LoadSources {
  const Postconf& postconf;
  const HostAddresses& addresses;
  const MxLookup& exchangers;
  /// If false, mail for the domains of this host is assumed to arrive here, and no client counts as a host of a
  /// primary.
  bool use_dns = true;
  /// Time until a DNS query without an answer, or a failed attempt to read this host's files, is repeated.
  std::chrono::seconds between_questions{30};
  /// Time until answered DNS queries are repeated, where no load repeats them: MX records and addresses change.
  std::chrono::seconds between_renewals{900};
};

/// The sources of this system; they live until the process ends.
const LoadSources& system_sources();

/// Why there is a new snapshot.
enum class News : std::uint8_t {
  none,   ///< there are only diagnostics
  files,  ///< files were loaded
  names,  ///< the DNS answered a query that it had not answered before, or gave another answer
  clock,  ///< the system clock was set, so the ages of files have changed
};

struct LoadResult {
  std::shared_ptr<const Snapshot> snapshot;
  Diagnostics diagnostics;  ///< none of them is fatal
  News news = News::files;
};

class DataLoader {
 public:
  /// `backends` has what tables keep from one load to the next. It may outlive this object.
  DataLoader(std::shared_ptr<const FileReader> files, const LoadSources& sources, std::shared_ptr<Backends> backends);

  /// Makes each load write the number of entries of each relay to the directory of the setting `state`.
  void remember() { remembers_ = true; }

  /// Sets the refutations for later snapshots: recipients that are kept, because predictions about them were refuted.
  void use(std::shared_ptr<const Refutations> refutations) { refutations_ = std::move(refutations); }

  /// Reads all data of these settings. If the files of a relay do not become stable, or may be incomplete, the relay's
  /// data in force stays. If no data is in force, or if it was read with other settings, the recipients of the relay
  /// are kept (reason stale). This ends when refresh() can load the files of the relay. Waits for files that changed
  /// less than settle-time ago, but only for a limited time. Returns an error only if facts about this host are
  /// missing.
  std::expected<LoadResult, Diagnostics> load(const Settings& settings);

  /// Checks the files and, periodically, repeats DNS queries. Queries that had no answer are repeated sooner. Loads the
  /// relays whose files have changed and are stable, and this host if its files have changed and are stable. Judges the
  /// ages of files again if the system clock was set. nullopt if nothing changed.
  std::optional<LoadResult> refresh();

  /// Counts of look-ups of each live table, by its name. Safe from any thread.
  std::map<std::string, LiveCounts> live_counts() const { return backends_->live_counts(); }
  std::vector<TableNews> table_news() const { return backends_->table_news(); }
  /// The data in force of a relay; null for an unknown relay.
  const LoadedRelay* data_of(const std::string& relay) const;

  /// Lets the next load of this relay, and only that load, accept shrunken tables; false for an unknown relay.
  bool accept_shrink(std::string_view relay);

 private:
  bool is_due(const RelayState& state) const;
  bool is_host_due();
  void wait_until_stable() const;
  DataFiles files_named_by(const RelaySettings& relay) const;
  LoadedRelay load_fingerprinted(const RelaySettings& settings) const;
  void load_relay_into(RelayState& state, std::chrono::steady_clock::time_point deadline);
  void report_new_diagnostics(RelayState& state, Diagnostics diagnostics);
  std::string why_unstable(const LoadedRelay& next) const;
  void take_unless_shrunk(RelayState& state, LoadedRelay&& next);
  static void take(RelayState& state, LoadedRelay&& next);
  void hold(RelayState& state, LoadedRelay&& next, const std::string& why);
  std::expected<void, Diagnostics> load_host();
  bool renew_host();
  void ask_dns();
  std::set<std::string> domains_of_relays() const;
  std::set<std::string> possible_target_domains() const;
  std::shared_ptr<const Snapshot> composed();

  std::shared_ptr<const FileReader> files_;
  const LoadSources& sources_;
  std::shared_ptr<Backends> backends_;
  Settings settings_;
  std::map<std::string, RelayState> states_;  ///< by name of the relay
  LoadedHost host_;
  DataFiles host_files_;      ///< the files that `host_` was loaded from
  std::string host_problem_;  ///< why the changed files of this host could not be loaded; empty: no problem
  std::chrono::steady_clock::time_point next_host_try_{};
  std::chrono::steady_clock::time_point host_deadline_{};  ///< then this host is loaded even if its files keep changing
  DnsAnswers dns_;
  std::chrono::steady_clock::time_point next_question_{};
  ClockWatch clock_;         ///< notices changes since the last snapshot
  Diagnostics diagnostics_;  ///< the problems of the current load
  bool remembers_ = false;
  std::shared_ptr<const Refutations> refutations_;
};

/// A load for the tool and for tests. Reads everything at once, without waiting for stable files. A problem in a
/// relay's data is added to `diagnostics`, and disables what depends on that data. An error is returned only if facts
/// about this host are missing.
std::expected<std::shared_ptr<const Snapshot>, Diagnostics> load_snapshot(
    const Settings& settings, const std::shared_ptr<const FileReader>& files, const LoadSources& sources,
    Diagnostics& diagnostics);

}  // namespace shorthop
