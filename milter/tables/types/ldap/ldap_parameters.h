// The parameters of an ldap: table file as Postfix reads them. Not here: the search for a key (ldap_table.cpp).
// Source: ldap_table(5); Postfix global/dict_ldap.c, dict_ldap_open().
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "tables/text/query_template.h"
#include "tables/text/table_file.h"
#include "tables/types/ldap/ldap_values.h"

namespace shorthop {

struct LdapParameters {
  std::vector<std::string> servers;  ///< as URLs, not empty
  LdapLogin login;
  QueryTemplate search_base;
  QueryTemplate filter;
  LdapScope scope = LdapScope::sub;
  LdapResultRules results;
  std::chrono::seconds timeout{10};
  std::string domain;              ///< a list; empty: any
  std::vector<std::string> notes;  ///< a sentence for each parameter that is ignored
};

/// Removes the known parameters from `parameters`; the others stay there. The error is a sentence. nullopt if only
/// postmap(1) can ask this table: it logs in by SASL or follows referrals, and libldap has no deadline for either.
std::expected<std::optional<LdapParameters>, std::string> take_ldap_parameters(TableParameters& parameters);

}  // namespace shorthop
