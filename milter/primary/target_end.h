// Targets that are not followed; the same for every profile.
#pragma once

#include <optional>

#include "primary/resolution.h"
#include "tables/text/target.h"

namespace shorthop {

/// The leaf for a special target: a command, a file, a mailbox on the primary, or an unreadable target. nullopt for an
/// address and an include file, which are followed.
std::optional<Leaf> end_of(const Target& target);

}  // namespace shorthop
