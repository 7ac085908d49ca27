// Alias data for commands that also work without any.
#pragma once

#include <expected>
#include <string>

#include "tool/load_all.h"

namespace shorthop::tool {

/// The alias data of a configured shorthop; a null snapshot if the default settings file does not exist. Errors in the
/// settings are printed; the error is their exit status, and the caller may go on without alias data.
std::expected<LoadedAll, int> load_if_there(const std::string& config, Streams& streams);

}  // namespace shorthop::tool
