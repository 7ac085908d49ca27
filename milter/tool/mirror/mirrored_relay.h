// The relay that a subcommand names, which must have a mirror.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "settings/settings.h"
#include "tool/subcommand.h"

namespace shorthop::tool {

struct MirroredRelay {
  Settings settings;
  RelaySettings relay;
};

/// The relay that the first argument names (the name of its file in relay.d); the directory that holds its mirror
/// exists. Otherwise the exit status, after the error was printed.
std::expected<MirroredRelay, int> mirrored_relay(const Invocation& invocation, Streams& streams);

/// The error if the directory above the mirror is missing: then no file can be written, and it is not known who should
/// own the files.
std::optional<Diagnostic> missing_parent_of_mirror(const std::string& mirror);

}  // namespace shorthop::tool
