// The SMTP transactions that a message did not need, or would not have needed, counted once for each next hop. No I/O.
#pragma once

#include "session/session.h"

namespace shorthop {

/// Sets `hops_saved` and `hops_observed` of the reports. For one message and primary there are two transfers to save:
/// to the primary, and from there back to this host. A transfer is counted only if no recipient of the message needs
/// it. A kept recipient needs the first transfer. If its chain may lead back here, it needs the second transfer too. A
/// recipient that cannot be read may need both, for any primary. So the number is a lower bound. The number is credited
/// to the first recipient of the primary that was replaced (or, for `hops_observed`, would have been). A message of the
/// control sample is left out.
void credit_savings(Outcome& outcome);

}  // namespace shorthop
