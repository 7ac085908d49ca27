// Remembers over a restart of the daemon how many entries the tables of a relay had (max-shrink).
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "system/file_reader.h"

namespace shorthop {

/// Table, or kind of file -> number of its entries.
using EntryCounts = std::map<std::string, std::size_t>;

/// Those remembered for the relay; empty if there are none, or if they cannot be read. `directory` may be empty: none.
EntryCounts remembered_entries(const std::string& directory, const std::string& relay, const FileReader& files);

/// Remembers them, unless the directory is empty or is not there. A failure is not an error: the next start then has
/// nothing to compare with.
void remember_entries(const std::string& directory, const std::string& relay, const EntryCounts& entries);

}  // namespace shorthop
