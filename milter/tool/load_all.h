// The settings, tables and this host's Postfix, as the daemon would read them at this moment.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "load/load.h"
#include "tool/accounts.h"
#include "tool/subcommand.h"

namespace shorthop::tool {

struct LoadedAll {
  std::unique_ptr<const ReadingAs> reader;  ///< while it lives, files are read as the daemon would
  std::shared_ptr<const Snapshot> snapshot;
};

/// All of it, or the exit status after every error was printed. Warnings are for `shorthop check`.
std::expected<LoadedAll, int> load_all(const std::string& config, Streams& streams);

/// What the tool asks besides files: as the daemon does, but no longer than somebody waits for it, and the DNS if wanted.
const Outside& tool_outside(bool use_dns = true);

/// Prints the problems on standard error; the exit status that they ask for.
int report(const Diagnostics& problems, Streams& streams);

}  // namespace shorthop::tool
