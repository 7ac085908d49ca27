// The names of the domains that this host's Postfix relays: its relay_domains (postconf(5)) with tables and files read.
// Not here: whether one domain is in the list (match_list.h). I/O only through the interfaces it is given.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "postfix/postfix_tables.h"
#include "system/file_reader.h"

namespace shorthop {

struct RelayDomain {
  std::string name;  ///< folded
  std::string from;  ///< "relay_domains", or the table or file in it
};

struct RelayDomains {
  std::vector<RelayDomain> domains;    ///< each once, in the order of the list
  std::vector<std::string> not_named;  ///< one sentence for each item that does not name a domain
};

/// `text` is the expanded value. Domains in `others` are left out: this host has them in another address class
/// (mydestination, for example) and does not relay them.
RelayDomains relay_domains_in(std::string_view text, const std::vector<std::string>& others,
                              const PostfixTables& tables, const FileReader& files);

}  // namespace shorthop
