// Loads the settings, tables and facts about this host's Postfix, as the daemon would now.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "load/data_loader.h"
#include "tool/accounts.h"
#include "tool/subcommand.h"

namespace shorthop::tool {

struct LoadedAll {
  std::unique_ptr<const ActingAs> reader;  ///< during its lifetime, files are read with the daemon's rights
  std::shared_ptr<const Snapshot> snapshot;
  Settings settings;
};

/// The result, or the exit status after all errors were printed. Warnings are left to `shorthop check`.
std::expected<LoadedAll, int> load_all(const std::string& config, Streams& streams, bool use_dns = true);

/// Like load_all(), for commands that also work without alias data. The snapshot is null if the default settings file
/// does not exist. After an error, a note says that alias data is not used, and the caller may continue without it.
std::expected<LoadedAll, int> load_if_configured(const std::string& config, Streams& streams);

/// What the loader asks in addition to the files: Postfix and the DNS. The timeouts are shorter than the daemon's.
const LoadSources& tool_sources(bool use_dns = true);

/// Prints the problems on standard error and returns their exit status.
int report(const Diagnostics& problems, Streams& streams);

}  // namespace shorthop::tool
