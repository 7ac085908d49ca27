// How this host sends mail for a domain, and by what other hosts know it: transport_maps asked by postmap(1), as
// transport(5) has it under TABLE SEARCH ORDER; names and addresses of the system.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "load/mx_standing.h"
#include "postfix/postfix_facts.h"
#include "postfix/postfix_tables.h"

namespace shorthop::tool {

struct TransportAnswer {
  std::optional<std::string> entry;
  std::string table;                   ///< that has it
  std::optional<std::string> failure;  ///< a table could not be asked before the key was found
};

TransportAnswer transport_of(const std::string& domain, const PostfixFacts& postfix, const PostfixTables& tables);

/// By what other hosts know this one; `postfix` may be null.
OwnNames own_names(const PostfixFacts* postfix);

}  // namespace shorthop::tool
