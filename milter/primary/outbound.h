// Classifies the addresses that leave the primary: local to this host, or a third host's. The same for every profile.
#pragma once

#include "primary/budget.h"
#include "primary/local_host.h"
#include "primary/primary.h"
#include "primary/resolution.h"

namespace shorthop {

/// Asks this host where each of these addresses ends: in a mailbox here, at an address unknown here, or elsewhere.
/// A domain of this host counts only if the primary sends its mail here. If the caller wants the chain only up to its
/// first obstacle, everything after the obstacle is dropped.
Resolution classify_outbound(Expanded expanded, const Primary& primary, const LocalHost& host, Trace trace,
                             Budget& budget);

}  // namespace shorthop
