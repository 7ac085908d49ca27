// The parameter `domain` of database tables (sqlite_table(5), ldap_table(5)): which keys are looked up at all.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "tables/match_list.h"
#include "tables/types.h"

namespace shorthop {

/// The value of the parameter: a list of names, files and tables.
MatchList domains_of(const std::string& list, const OpenRequest& request);

/// Whether the key is looked up. Without a list, every key is looked up. With a list, only addresses in its domains are
/// looked up; "@domain" is not (Postfix global/db_common.c, db_common_check_domain()).
std::expected<bool, LookupFailure> has_domain_of(const std::optional<MatchList>& domains, std::string_view key,
                                                 Deadline deadline);

}  // namespace shorthop
