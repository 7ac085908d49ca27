// From settings to a snapshot: opens the tables, asks this host's Postfix, and checks what can be checked.
#pragma once

#include <expected>
#include <memory>

#include "load/host_addresses.h"
#include "load/postconf.h"
#include "load/settings.h"
#include "session/snapshot.h"
#include "tables/diagnostic.h"
#include "tables/file_reader.h"

namespace shorthop {

/// Builds a whole new snapshot or reports everything that prevents it. Warnings (duplicate keys, a primary whose
/// name does not resolve, tables of this host's Postfix that cannot be read) are added to `warnings`.
std::expected<std::shared_ptr<const Snapshot>, Diagnostics> load_snapshot(
    const Settings& settings, const std::shared_ptr<const FileReader>& files, Diagnostics& warnings);

/// The same with other answers from outside: for tests, and for callers that need no addresses of the primaries.
std::expected<std::shared_ptr<const Snapshot>, Diagnostics> load_snapshot(
    const Settings& settings, const std::shared_ptr<const FileReader>& files, const Postconf& postconf,
    const HostAddresses& addresses, Diagnostics& warnings);

/// sysexits.h: 78 if a setting is wrong, else 66 if a file is missing, else 75 if it failed for now, else 65 for bad
/// data; 0 without an error.
int exit_status(const Diagnostics& diagnostics);

}  // namespace shorthop
