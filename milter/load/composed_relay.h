// Composes a relay of a snapshot from its data in force, the facts about this host, and the answers of the DNS.
#pragma once

#include <chrono>
#include <memory>
#include <set>
#include <string>

#include "load/dns_answers.h"
#include "load/entry_counts.h"
#include "load/host/load_local_host.h"
#include "load/load_relay.h"
#include "session/snapshot.h"
#include "settings/settings.h"

namespace shorthop {

/// The data of one relay, and the result of its last load.
struct RelayState {
  RelaySettings settings;
  LoadedRelay data;             ///< the data in force
  RelaySettings data_settings;  ///< the settings with which `data` was read
  std::string pending;          ///< why newer data on disk is not in force; empty: there is none
  DataFiles tried;              ///< the files of the last load that was rejected
  bool was_unstable = false;    ///< the last load was rejected because a file had just changed
  bool accepts_shrink = false;
  std::set<std::string> reported;  ///< the diagnostics of the last load
  EntryCounts entries;             ///< counts from the last load that was not rejected as shrunken
  std::chrono::system_clock::time_point loaded;
};

/// The name by which the primary is looked up: its host name or address.
std::string primary_name(const RelaySettings& relay);

/// `uses_dns`: an address that is not known is a fault.
std::shared_ptr<const Relay> composed_relay(const RelayState& state, const Settings& settings, const LoadedHost& host,
                                            const DnsAnswers& dns, bool uses_dns);

}  // namespace shorthop
