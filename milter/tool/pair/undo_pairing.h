// shorthop pair --undo: reverts on this host what pair did, and prints the command for the primary.
#pragma once

#include <string>
#include <vector>

#include "settings/settings.h"
#include "tool/subcommand.h"

namespace shorthop::tool {

/// The exit status. It is not an error if there is nothing to undo.
int undo_pairing(const Settings& settings, const std::string& primary, const std::vector<std::string>& domains,
                 Streams& streams);

}  // namespace shorthop::tool
