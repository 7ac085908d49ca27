// Loads one relay from the mirror of its primary.
#pragma once

#include "load/load_relay.h"

namespace shorthop {

/// Loads a relay that has the setting `mirror`. If LoadedRelay::torn is not empty, the mirror must not be used, and
/// the other members may be incomplete.
LoadedRelay load_mirror(const RelaySettings& settings, const FileReader& files, Backends& backends);

}  // namespace shorthop
