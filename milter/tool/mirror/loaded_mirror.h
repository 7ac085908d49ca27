// One generation of a mirror, loaded by the daemon's own code, with this host's facts as they are now.
#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <string>

#include "load/data_loader.h"
#include "settings/settings.h"
#include "text/diagnostic.h"

namespace shorthop::tool {

struct LoadedMirror {
  std::unique_ptr<DataLoader> loader;
  std::shared_ptr<const Snapshot> snapshot;
  const LoadedRelay* data = nullptr;  ///< the relay's data, owned by `loader`
  RelaySettings settings;
  Diagnostics diagnostics;

  const Relay& relay() const { return *snapshot->relay_by_domain.at(settings.domains.value.front()); }
};

/// The relay as if `directory` were its mirror; no other relay is loaded. An error: facts about this host are missing.
std::expected<LoadedMirror, Diagnostics> load_generation(const Settings& settings, const RelaySettings& relay,
                                                         const std::filesystem::path& directory,
                                                         const LoadSources& sources);

}  // namespace shorthop::tool
