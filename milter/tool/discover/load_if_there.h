// Alias data for commands that also work without any.
#pragma once

#include <expected>
#include <string>

#include "tool/load_all.h"

namespace shorthop::tool {

/// The alias data of a configured shorthop; nothing (a null snapshot) if the default settings file does not exist. What is
/// wrong with settings is printed; the error is its exit status, and no reason to stop.
std::expected<LoadedAll, int> load_if_there(const std::string& config, Streams& streams);

}  // namespace shorthop::tool
