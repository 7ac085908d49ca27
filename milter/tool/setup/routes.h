// Routes and names of this host: transport_maps looked up by postmap(1) in the order of transport(5), TABLE SEARCH
// ORDER; host names and addresses of the system.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "load/mx_rank.h"
#include "postfix/postfix_facts.h"
#include "postfix/postfix_tables.h"

namespace shorthop::tool {

struct TransportAnswer {
  std::optional<std::string> entry;
  std::string table;                   ///< the table with the entry
  std::optional<std::string> failure;  ///< a look-up that failed before the key was found
};

TransportAnswer transport_of(const std::string& domain, const PostfixFacts& postfix, const PostfixTables& tables);

/// Names and addresses of this host; `postfix` may be null.
OwnNames own_names(const PostfixFacts* postfix);

}  // namespace shorthop::tool
