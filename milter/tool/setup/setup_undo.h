// shorthop setup --undo: removes what setup added and nothing else, whatever else changed since.
#pragma once

#include <string>

#include "tool/setup/setup_facts.h"
#include "tool/subcommand.h"

namespace shorthop::tool {

/// Returns the exit status. With `dry_run` it only prints the changes. Missing settings do not stop it.
int undo_setup(const std::string& config, const SetupOptions& questions, bool dry_run, Streams& streams);

}  // namespace shorthop::tool
