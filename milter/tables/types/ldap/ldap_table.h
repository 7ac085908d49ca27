// Opens ldap: tables with a given client, for the tests. The program takes the client from the module (open_ldap).
#pragma once

#include <memory>

#include "tables/types.h"
#include "tables/types/ldap/ldap_client.h"

namespace shorthop {

/// A table that asks through `client`. If only postmap(1) can ask it: the table that open_postmap() opens. Null, with
/// the reason in the request's problems, if the table cannot be opened.
std::shared_ptr<const Table> open_ldap_with(const LdapClient& client, const OpenRequest& request);

}  // namespace shorthop
