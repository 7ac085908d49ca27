// The recipients of a relay that its tables name.
#pragma once

#include <cstddef>
#include <set>
#include <string>

#include "session/snapshot.h"
#include "settings/settings.h"

namespace shorthop::tool {

struct ListedRecipients {
  std::set<std::string> addresses;  ///< in the domains of the relay
  bool is_cut = false;              ///< there are more than `most`
};

/// Keys of virtual aliases, and names of aliases and users in each domain of the relay. Left out: "@domain", keys of
/// tables that cannot list them.
ListedRecipients listed_recipients(const Relay& relay, const RelaySettings& settings, std::size_t most);

}  // namespace shorthop::tool
