// Static tables for a Postfix without shorthop: what the daemon would do, for every address that can be listed. No I/O.
// Source: virtual(5), postconf(5) relay_recipient_maps.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "session/snapshot.h"
#include "settings/settings.h"
#include "tool/mirror/table_key.h"

namespace shorthop::tool {

enum class StaticForm : std::uint8_t { virtual_aliases, relay_recipients };

using StaticEntries = std::map<TableKey, std::string>;  ///< key -> value, as in the table

struct StaticTable {
  StaticEntries entries;
  std::map<std::string, std::size_t> left_out;  ///< why -> how many addresses
  std::vector<std::string> domains_not_listed;  ///< "DOMAIN: why", each with an entry @DOMAIN
};

/// The part of the table that is for one relay. `delimiters`: this host's recipient_delimiter. The decisions are those
/// of mode rewrite. They ignore the tables of this host that rewrite addresses, because one of these tables may be an
/// earlier version of this table.
StaticTable static_table(StaticForm form, const Snapshot& snapshot, const Relay& relay, const RelaySettings& settings,
                         const std::string& delimiters);

}  // namespace shorthop::tool
