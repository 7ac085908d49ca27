// Settings of a relay that a reload can change without reading the relay's data again.
#pragma once

#include "session/snapshot.h"
#include "settings/settings.h"

namespace shorthop {

/// Copies the members of a relay that depend on the settings only, not on its data.
void copy_settings(const RelaySettings& settings, Relay& relay);

/// Whether data that was read with `before` is also the data of `now`: the primary, the domains, the files and the ways
/// to read them are the same. copy_settings() may then put `now` in force with that data.
bool is_same_data(const RelaySettings& before, const RelaySettings& now);

}  // namespace shorthop
