// Loads one relay from the mirror of its primary.
#pragma once

#include "load/load_relay.h"

namespace shorthop {

/// The relay of a setting `mirror`. `torn` says why the mirror must not be used; the rest is then incomplete.
LoadedRelay load_mirror(const RelaySettings& settings, const FileReader& files, Backends& backends);

}  // namespace shorthop
