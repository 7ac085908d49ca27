// Builds a snapshot from settings, once: for the tool and for tests. The daemon uses data_loader.h.
#pragma once

#include <expected>
#include <memory>

#include "load/data_loader.h"
#include "session/snapshot.h"
#include "settings/settings.h"
#include "system/file_reader.h"
#include "text/diagnostic.h"

namespace shorthop {

/// Reads everything at once, without waiting for files to be stable. A problem in a relay's data disables what depends
/// on it and is added to `diagnostics`; an error is returned only if facts about this host are missing.
std::expected<std::shared_ptr<const Snapshot>, Diagnostics> load_snapshot(
    const Settings& settings, const std::shared_ptr<const FileReader>& files, const Outside& outside,
    Diagnostics& diagnostics);

}  // namespace shorthop
