// Profile sendmail: virtusertable, aliases(5) with plussed users, .forward, as Sendmail expands them (DESIGN 4).
#pragma once

#include "mail/address.h"
#include "primary/budget.h"
#include "primary/primary.h"
#include "primary/resolution.h"

namespace shorthop {

/// The whole tree of a recipient. Source: cf/README and the Sendmail Installation and Operation Guide; tests/mta
/// compares with Sendmail itself. Unsupported, so they must not apply to these addresses: userdb, LDAP routing,
/// mailertable, LUSER_RELAY, MAIL_HUB, LOCAL_RELAY.
Expanded expand_sendmail(const Address& recipient, const Primary& primary, Trace trace, Budget& budget);

}  // namespace shorthop
