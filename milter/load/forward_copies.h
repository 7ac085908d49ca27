// The .forward files as they were at one moment: read when the snapshot is built, so that a message sees one version
// (DESIGN 2.6) and a recipient's name never opens a file.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "tables/diagnostic.h"
#include "tables/file_reader.h"

namespace shorthop {

/// Every file that the pattern ("/dir/%u", "/home/%u/.forward") names for an entry of the directory before its "%u".
/// A file that cannot be read stays so: asking for it fails, and `warnings` says why. A missing directory is a
/// warning, too: without a .forward file a name is kept, so nothing wrong follows from it. Bounded in number and size.
std::shared_ptr<const FileReader> forward_copies(const std::string& pattern, const FileReader& files,
                                                 Diagnostics& warnings);

/// When the copies changed last: the newest of them or their directory, as each may keep the time that it has on the
/// primary. The latest time of all if there are none, as nothing is done then because of them.
std::chrono::system_clock::time_point last_change_of_forwards(const std::string& pattern);

}  // namespace shorthop
