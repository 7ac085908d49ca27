// Whether a verified bundle may become the mirror of a relay. No I/O.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "load/entry_counts.h"
#include "load/mirror/manifest.h"
#include "settings/settings.h"
#include "text/diagnostic.h"
#include "tool/mirror/loaded_mirror.h"

namespace shorthop::tool {

/// What is known before the bundle is unpacked.
struct KnownBefore {
  std::string host;                                ///< the host in the manifest in force; empty: there is none
  std::optional<std::chrono::sys_seconds> newest;  ///< time of the newest generation that is here
  bool accepts_host = false;                       ///< the postmaster says that the host is right
};

/// Why the bundle is not the next one of this primary; nullopt: it is. The error names a setting or the mirror.
std::optional<Diagnostic> fault_of_bundle(const Manifest& manifest, const RelaySettings& relay,
                                          const KnownBefore& before, std::chrono::system_clock::time_point now);

/// Why the loaded generation must not be put in force; nullopt: it may. `before`: null if there is none. `remembered`:
/// what the daemon knows of the tables that cannot be counted in `before`.
std::optional<Diagnostic> fault_of_generation(const LoadedMirror* before, const EntryCounts& remembered,
                                              const LoadedMirror& now, bool accepts_shrink);

}  // namespace shorthop::tool
