// The recipients of a relay that its tables name.
#pragma once

#include <cstddef>
#include <set>
#include <string>

#include "session/snapshot.h"
#include "settings/settings.h"

namespace shorthop::tool {

struct ListedRecipients {
  std::set<std::string> addresses;                  ///< addresses in the domains of the relay
  std::set<std::string, std::less<>> catch_alls;    ///< domains of the relay with an entry @DOMAIN
  std::set<std::string, std::less<>> not_listable;  ///< tables whose entries cannot be listed
  bool is_partial = false;                          ///< there are more addresses than `most`
};

/// Keys of every table by which the primary knows a recipient, and names of aliases and users in each domain of the
/// relay that is local to the primary.
ListedRecipients listed_recipients(const Relay& relay, const RelaySettings& settings, std::size_t most);

}  // namespace shorthop::tool
