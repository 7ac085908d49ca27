// Profile flat: the table is the truth, an export of whatever the primary runs (DESIGN 4).
#pragma once

#include "mail/address.h"
#include "primary/budget.h"
#include "primary/primary.h"
#include "primary/resolution.h"

namespace shorthop {

/// The whole tree of a recipient. A right-hand side is followed only where it is a key itself, and an address that is
/// no key and belongs to the primary has its mailbox there.
Expanded expand_flat(const Address& recipient, const Primary& primary, Trace trace, Budget& budget);

}  // namespace shorthop
