// The profiles flat and sendmail: how a primary with this profile expands a recipient (DESIGN 4). The code of the
// profile postfix is in resolve.cpp.
#pragma once

#include "mail/address.h"
#include "primary/budget.h"
#include "primary/primary.h"
#include "primary/resolution.h"

namespace shorthop {

/// Profile flat: the table is a complete export from any mail system. Returns the whole tree of a recipient. A
/// target is expanded again only if it is a key. An address that is not a key has its mailbox on the primary
/// if its domain belongs there.
Expanded expand_flat(const Address& recipient, const Primary& primary, Trace trace, Budget& budget);

/// Profile sendmail: virtusertable, aliases(5) with plussed users, .forward, as Sendmail expands them. Returns the
/// whole tree of a recipient. Source: cf/README and the Sendmail Installation and Operation Guide; tests/mta compares
/// with Sendmail itself. Other settings of its sendmail.cf end the branches that they concern (sendmail_rules.h).
/// Without a sendmail.cf, the primary must not have such settings.
Expanded expand_sendmail(const Address& recipient, const Primary& primary, Trace trace, Budget& budget);

}  // namespace shorthop
