// Loads the data of a daemon relay by relay, keeps what is in force, and says what the files on disk would change. A
// fault of one relay never affects another. Not thread-safe; the snapshots are.
#pragma once

#include <chrono>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "load/dns_answers.h"
#include "load/load_local_host.h"
#include "load/load_relay.h"
#include "load/mx_standing.h"
#include "postfix/postconf.h"
#include "session/snapshot.h"
#include "settings/settings.h"
#include "system/dns.h"
#include "tables/types/backends.h"

namespace shorthop {

/// What a load asks besides files.
struct Outside {
  const Postconf& postconf;
  const HostAddresses& addresses;
  const MxLookup& exchangers;
  bool use_dns = true;  ///< false: mail for the domains of this host is taken to come here
};

/// The system's own, for as long as the process lives.
const Outside& system_outside();

struct LoadResult {
  std::shared_ptr<const Snapshot> snapshot;
  Diagnostics diagnostics;  ///< none of them stops anything
};

class DataLoader {
 public:
  /// `backends`: what tables keep from one load to the next, and beyond this object.
  DataLoader(std::shared_ptr<const FileReader> files, const Outside& outside, std::shared_ptr<Backends> backends);

  /// Reads all data of these settings. A relay whose files do not come to rest, or were cut, keeps the data in force; if
  /// it has none, its recipients are kept as stale until refresh() can load it. Waits for files that were touched less
  /// than settle-time ago, 10 s longer at most. An error: this host is not known.
  std::expected<LoadResult, Diagnostics> load(const Settings& settings);

  /// Looks at the files and, now and then, at what the DNS did not answer. Loads the relays whose files have changed and
  /// rest, and this host if its files have changed. Nothing if nothing is new.
  std::optional<LoadResult> refresh();

  /// A shrunk table of this relay is right: the next load takes it. False: there is no such relay.
  bool accept_shrink(std::string_view relay);

 private:
  /// One relay.
  struct Generation {
    RelaySettings settings;
    LoadedRelay data;          ///< in force
    std::string pending;       ///< why newer data on disk is not in force; empty: there is none
    DataFiles tried;           ///< the files of the last load that was not taken
    bool is_restless = false;  ///< that load was not taken because a file had just changed
    bool accepts_shrink = false;
    std::map<std::string, std::size_t> entries;  ///< of the last load that had not shrunk
    std::chrono::system_clock::time_point loaded;
  };

  bool rests(const DataFiles& files) const;
  bool is_due(const Generation& generation) const;
  void wait_for_rest() const;
  DataFiles files_named_by(const RelaySettings& relay) const;
  void load_relay_into(Generation& generation, std::chrono::steady_clock::time_point deadline);
  std::string restlessness(const LoadedRelay& next) const;
  void take_unless_shrunk(Generation& generation, LoadedRelay&& next);
  static void take(Generation& generation, LoadedRelay&& next, std::string held_back);
  void hold(Generation& generation, LoadedRelay&& next, const std::string& why);
  std::expected<void, Diagnostics> load_host();
  bool renew_host();
  void ask_dns();
  std::set<std::string> domains_led_to() const;
  bool has_live_table() const;
  std::shared_ptr<const Snapshot> composed();
  std::shared_ptr<const Relay> composed(const Generation& generation) const;

  std::shared_ptr<const FileReader> files_;
  const Outside& outside_;
  std::shared_ptr<Backends> backends_;
  Settings settings_;
  std::map<std::string, Generation> generations_;  ///< by name of the relay
  LoadedHost host_;
  DataFiles host_files_;
  DnsAnswers dns_;
  std::chrono::steady_clock::time_point next_question_{};
  Diagnostics diagnostics_;  ///< of the load at hand
};

}  // namespace shorthop
