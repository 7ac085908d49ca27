// The SMTP transactions that a message saved, or would have saved, counted once for each message and next hop. No I/O.
#pragma once

#include "session/session.h"

namespace shorthop {

/// Sets `hops_saved` and `hops_observed` of the reports. For one message and primary there are two transfers to save:
/// to the primary, and from there back to this host. A transfer counts only if no recipient of the message needs it. A
/// kept recipient needs the first one; if its chain may lead back here, it needs the second one too. An unreadable
/// recipient may need both, whatever the primary. So this is a lower bound. The first recipient of a primary that was
/// replaced (or, for `hops_observed`, would have been) is credited with all of it. A message that is a control sample
/// does not count.
void credit_savings(Outcome& outcome);

}  // namespace shorthop
