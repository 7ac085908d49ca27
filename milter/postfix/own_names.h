// The names that a service of master.cf takes for its own, if it has another myhostname or mydomain than main.cf.
// No I/O.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "postfix/master_services.h"
#include "postfix/parameters.h"

namespace shorthop {

/// The domains (folded) that are in mydestination or are $myorigin for this service alone, or for main.cf alone; empty
/// if the service has the names of main.cf. nullopt: they are not known.
std::optional<std::set<std::string, std::less<>>> domains_in_doubt(const Parameters& main_cf,
                                                                   const MasterService& service);

/// Whether a service may have its own value of this parameter because it has another myhostname or mydomain.
bool is_own_name_of(const MasterService& service, std::string_view parameter);

}  // namespace shorthop
