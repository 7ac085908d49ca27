// Follows one recipient through everything that its primary would do with it, down to the last leaf (DESIGN 4).
#pragma once

#include "mail/address.h"
#include "primary/budget.h"
#include "primary/local_host.h"
#include "primary/primary.h"
#include "primary/resolution.h"

namespace shorthop {

/// The whole tree of a recipient whose domain this primary is responsible for. Never throws for bad data: a target that
/// cannot be followed becomes a leaf that says so. Observes `primary.rules.limits`, and uses up the budget of the
/// message.
Resolution resolve(const Address& recipient, const Primary& primary, const LocalHost& host, Trace trace,
                   Budget& budget);
/// resolve() with a new budget.
Resolution resolve(const Address& recipient, const Primary& primary, const LocalHost& host, Trace trace = Trace::on);

}  // namespace shorthop
