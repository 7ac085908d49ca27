// The domains that this host's Postfix relays, by name: its relay_domains (postconf(5)) with tables and files opened.
// Not here: whether one domain is in the list (match_list.h). Pure but for the seams.
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
  std::vector<std::string> not_named;  ///< what stands in the list and names no domain, a sentence each
};

/// `text` is the value, expanded. What `others` (domains of another class, local to this host) name is left out: it is
/// not relayed.
RelayDomains relay_domains_in(std::string_view text, const std::vector<std::string>& others,
                              const PostfixTables& tables, const FileReader& files);

}  // namespace shorthop
