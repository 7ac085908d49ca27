// The settings of a relay that may change while its data stays.
#pragma once

#include "session/snapshot.h"
#include "settings/settings.h"

namespace shorthop {

/// Copies the members of a relay that depend on the settings only, not on its data.
void copy_settings(const RelaySettings& settings, Relay& relay);

/// Whether data that was read with `before` is what `now` means: the same primary and domains, the same files and the
/// same ways to read them. copy_settings() may then put `now` in force with that data.
bool is_same_data(const RelaySettings& before, const RelaySettings& now);

}  // namespace shorthop
