// An address that leaves the primary: this host's, or a third host's. The same for every profile.
#pragma once

#include "mail/address.h"
#include "primary/primary.h"
#include "primary/tree.h"

namespace shorthop {

/// Records where it ends: a mailbox on this host, an address that this host does not know, or a foreign one.
void depart(const Address& address, const LocalHost& host, Tree& tree);

}  // namespace shorthop
