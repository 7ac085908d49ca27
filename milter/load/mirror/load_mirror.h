// Loads one relay from the mirror of its primary.
#pragma once

#include "load/load_relay.h"

namespace shorthop {

/// The relay of a setting `mirror`. If `torn` is not empty, the mirror must not be used, and the rest may be
/// incomplete.
LoadedRelay load_mirror(const RelaySettings& settings, const FileReader& files, Backends& backends);

}  // namespace shorthop
