// Targets that are an end by themselves: the same for every profile.
#pragma once

#include <optional>

#include "primary/resolution.h"
#include "tables/text/target.h"

namespace shorthop {

/// The end that a special target is: a command, a file, a mailbox on the primary, or what cannot be read. Nothing for
/// an address and an include file, which are followed.
std::optional<Leaf> end_of(const Target& target);

}  // namespace shorthop
