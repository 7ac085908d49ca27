// shorthop setup --undo: takes away what setup added, and only that, whatever else was changed since.
#pragma once

#include <string>

#include "tool/setup/setup_facts.h"
#include "tool/subcommand.h"

namespace shorthop::tool {

/// The exit status. With `dry_run` it only says what it would do. Settings that are gone already do not stop it.
int undo_setup(const std::string& config, const SetupOptions& questions, bool dry_run, Streams& streams);

}  // namespace shorthop::tool
