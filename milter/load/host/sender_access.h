// What smtpd(8) of this host does to mail because of its sender: check_sender_access (access(5)). Mail that comes back
// from a primary gets these actions. On arrival, an earlier restriction may have permitted the client.
#pragma once

#include <optional>
#include <string_view>

#include "tables/search.h"
#include "tables/table.h"

namespace shorthop {

/// The first action for the sender that does not let mail pass, as a failure. `path`: the argument of MAIL FROM
/// ("<user@example.net>", "<>"). nullopt: there is none. An action that every sender gets does not count, because the
/// mail usually gets it already when it first arrives.
std::optional<LookupFailure> action_for_sender(const TableList& tables, std::string_view path,
                                               const SearchRules& search, Deadline deadline);

}  // namespace shorthop
