// Profile flat: the table is the truth, an export of whatever the primary runs (DESIGN 4).
#pragma once

#include "mail/address.h"
#include "primary/budget.h"
#include "primary/primary.h"
#include "primary/resolution.h"

namespace shorthop {

/// The whole tree of a recipient. A right-hand side is followed only if it is a key itself. An address that is not a
/// key has its mailbox on the primary if its domain belongs there.
Expanded expand_flat(const Address& recipient, const Primary& primary, Trace trace, Budget& budget);

}  // namespace shorthop
