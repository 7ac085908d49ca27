// One relay from its settings: the primary's rules, its tables opened, and the age of their files.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "load/host_addresses.h"
#include "load/settings.h"
#include "load/table_opener.h"
#include "session/snapshot.h"
#include "tables/diagnostic.h"
#include "tables/file_reader.h"

namespace shorthop {

/// The relay, or null with the reasons in `problems` (all of them). `local_domains` are those of this host, by name.
std::shared_ptr<Relay> load_relay(const RelaySettings& settings, const std::shared_ptr<const FileReader>& files,
                                  TableOpener& opener, const std::vector<std::string>& local_domains,
                                  Diagnostics& problems, Diagnostics& warnings);

/// Fills in under which addresses and names the primaries connect; a name without addresses is a warning.
void find_primaries(const std::vector<std::shared_ptr<Relay>>& relays, const HostAddresses& addresses,
                    Diagnostics& warnings);

/// When the oldest file of these tables was changed, source or database; of no file: never, which is never old.
/// A file that is not there counts as the oldest of all.
std::chrono::system_clock::time_point oldest_change(const std::vector<std::string>& tables);

}  // namespace shorthop
