// Whether this host's Postfix also relays domains that no list names: those whose MX records name it as a backup
// (postconf(5) permit_mx_backup). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "postfix/postfix_facts.h"

namespace shorthop::tool {

struct MxBackup {
  bool is_permitted = false;          ///< to clients that have no other right to relay
  std::string parameter;              ///< the list of restrictions that permits it
  std::vector<std::string> networks;  ///< permit_mx_backup_networks: where the primary must be; empty: anywhere
};

/// As a public smtpd(8) has it; permitted by none of them where they differ and one of them does not.
MxBackup mx_backup_of(const PostfixFacts& postfix);

/// Whether an address is in a list in the form of mynetworks (postconf(5)); absent: the list names a file or a table.
std::optional<bool> is_in_networks(std::string_view address, const std::vector<std::string>& networks);

}  // namespace shorthop::tool
