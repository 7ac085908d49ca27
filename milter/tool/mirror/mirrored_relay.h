// The relay that a subcommand names, which must have a mirror.
#pragma once

#include <expected>

#include "settings/settings.h"
#include "tool/subcommand.h"

namespace shorthop::tool {

struct MirroredRelay {
  Settings settings;
  RelaySettings relay;
};

/// The first argument is the relay's name: that of its file in relay.d. Or the exit status, after the error was printed.
std::expected<MirroredRelay, int> mirrored_relay(const Invocation& invocation, Streams& streams);

}  // namespace shorthop::tool
