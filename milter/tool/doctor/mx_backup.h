// Whether this host's Postfix also relays domains that no list names, because their MX records name this host
// (postconf(5) permit_mx_backup). No I/O.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "postfix/postfix_facts.h"

namespace shorthop::tool {

struct MxBackup {
  bool is_permitted = false;          ///< clients without any other permission may relay by it
  std::string parameter;              ///< the list of restrictions that permits it
  std::vector<std::string> networks;  ///< permit_mx_backup_networks: where the primary must be; empty: any network
};

/// permit_mx_backup counts only if every public smtpd(8) service has it.
MxBackup mx_backup_of(const PostfixFacts& postfix);

/// Whether an address is in a list with the syntax of mynetworks (postconf(5)); nullopt if the list has a file or a
/// table.
std::optional<bool> is_in_networks(std::string_view address, const std::vector<std::string>& networks);

}  // namespace shorthop::tool
