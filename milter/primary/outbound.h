// The addresses that leave the primary: this host's, or a third host's. The same for every profile.
#pragma once

#include "primary/budget.h"
#include "primary/local_host.h"
#include "primary/primary.h"
#include "primary/resolution.h"

namespace shorthop {

/// Asks this host where they end: in a mailbox here, at an address that this host does not know, or elsewhere. A domain
/// of this host counts only if the primary sends its mail here. Where the chain is wanted until its first obstacle only,
/// what is behind that is dropped.
Resolution classify_outbound(Expanded expanded, const Primary& primary, const LocalHost& host, Trace trace,
                             Budget& budget);

}  // namespace shorthop
