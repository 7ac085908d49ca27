// One relay from its settings: the primary's rules, its tables opened, and the files that they came from.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "load/data_files.h"
#include "session/snapshot.h"
#include "settings/settings.h"
#include "system/file_reader.h"
#include "text/diagnostic.h"

namespace shorthop {

class Backends;

/// The data of a relay as it was read once. Nothing about it is fatal: what cannot be read costs what depends on it.
struct LoadedRelay {
  std::shared_ptr<Relay> relay;
  DataFiles files;
  std::map<std::string, std::size_t> entries;  ///< table, or kind of file -> number of its entries
  bool has_live_table = false;
  std::string torn;  ///< why this load must not be put into force; empty: it may
  Diagnostics diagnostics;
};

/// What the settings alone say of a relay, whatever its data.
void copy_settings(const RelaySettings& settings, Relay& relay);

LoadedRelay load_relay(const RelaySettings& settings, const FileReader& files, Backends& backends);

/// The tables that lost more than `max_shrink` percent of their entries and more than 10 of them, or all, as a sentence;
/// empty: none did.
std::string shrunk_tables(const std::map<std::string, std::size_t>& before,
                          const std::map<std::string, std::size_t>& now, unsigned max_shrink);

}  // namespace shorthop
