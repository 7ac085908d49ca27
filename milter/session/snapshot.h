// Everything that decisions rest on, of one moment: built once, const, shared (DESIGN 2.6).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/address.h"
#include "primary/local_host.h"
#include "primary/primary.h"

namespace shorthop {

enum class Mode : std::uint8_t { observe, rewrite };

/// How old the data of a relay is: the time of its newest file.
struct DataAge {
  std::chrono::system_clock::time_point time;  ///< 1970 if no file has a time that can be believed
  std::string file;                            ///< empty: there is none
};

/// One primary and the domains this host relays to it.
struct Relay {
  std::string name;                           ///< the settings file without ".conf"
  std::string primary_host;                   ///< as it was set, for messages
  std::vector<std::string> client_names;      ///< host names (folded) under which the primary connects
  std::vector<std::string> client_addresses;  ///< IP addresses as inet_ntop(3) writes them
  std::vector<std::string> next_hops;         ///< further hosts (folded) on the way to the primary
  Mode mode = Mode::observe;
  std::vector<std::string> excluded;  ///< recipients that are left alone: patterns (mail/address_pattern.h)
  bool split = false;                 ///< whether mixed expansions are replaced, too
  Primary primary;
  std::optional<std::chrono::seconds> max_age;
  DataAge age;
  std::string held_back;  ///< why nothing may be rewritten by this data (reason stale); empty: it may
  /// Why the addresses of the primary are not known, so that neither a client nor a next hop can be compared with them;
  /// empty: they are, or the primary is set by its address.
  std::string unknown_addresses;
  std::string held_in_observe;  ///< why the mode is observe whatever the settings say; empty: it is as they say
  std::chrono::system_clock::time_point loaded;  ///< when its data was put into force
  std::string pending;                           ///< why newer data on disk is not in force; empty: there is none
};

class DecisionCache;

using RelayMap = std::map<std::string, std::shared_ptr<const Relay>, std::less<>>;

struct Snapshot {
  RelayMap relay_by_domain;  ///< relay domain with A-labels, folded -> its primary
  std::shared_ptr<const LocalHost> host;
  /// Transports under which the MTA relays ({rcpt_mailer}); compared as prefixes, so that "smtp-slow" is one too.
  std::vector<std::string> relay_transports = {"smtp", "relay", "esmtp", "dsmtp"};
  std::chrono::milliseconds lookup_timeout{5000};  ///< for which a message waits for tables, all together

  std::shared_ptr<DecisionCache> cache;  ///< of decisions, where a table is live; null: each is made anew

  const Relay* relay_for(const Address& recipient) const {
    const auto found = relay_by_domain.find(recipient.a_label_domain());
    return found == relay_by_domain.end() ? nullptr : found->second.get();
  }
};

}  // namespace shorthop
