// How many entries the tables of a relay had, also before a restart of the daemon (max-shrink).
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "system/file_reader.h"
#include "system/write_file.h"

namespace shorthop {

/// Table, or kind of file -> number of its entries; nullopt: they cannot be counted.
using EntryCounts = std::map<std::string, std::optional<std::size_t>>;

/// The counts remembered for the relay; empty if there are none, if they cannot be read, or if `directory` is empty.
EntryCounts remembered_entries(const std::string& directory, const std::string& relay, const FileReader& files);

/// Remembers the counts, unless `directory` is empty or does not exist. A failure is not an error: the next start then
/// compares with older counts, or with none.
void remember_entries(const std::string& directory, const std::string& relay, const EntryCounts& entries);

/// Forgets the counts of a relay that no longer exists: a later relay of this name has no counts.
Written forget_entries(const std::string& directory, const std::string& relay);

/// The new counts; for a table that cannot be counted now, the old count. So a table that cannot be read for a while is
/// compared with what it had before.
EntryCounts last_known_entries(const EntryCounts& before, const EntryCounts& now);

/// "1 entry", "2 entries".
std::string counted_entries(std::size_t count);

/// A sentence that names the tables that shrank too much; empty: none. A table shrank too much if it lost all its
/// entries, or if it lost more than 10 entries and more than `max_shrink` percent.
std::string shrunk_tables(const EntryCounts& before, const EntryCounts& now, unsigned max_shrink);

/// A sentence that names the tables of a mirror that the primary no longer names, if too many entries are lost with
/// them; empty: not too many. The entries of new tables are subtracted, because a new table may be an old one with
/// another type or path.
std::string dropped_tables(const EntryCounts& before, const EntryCounts& now, unsigned max_shrink);

}  // namespace shorthop
