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
#include "primary/primary.h"

namespace shorthop {

enum class Mode : std::uint8_t { observe, rewrite };

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
  std::chrono::system_clock::time_point data_time;  ///< of the oldest of its copies; meaningless without max_age
};

using RelayMap = std::map<std::string, std::shared_ptr<const Relay>, std::less<>>;

struct Snapshot {
  RelayMap relay_by_domain;  ///< folded relay domain -> its primary
  std::shared_ptr<const LocalHost> host;
  TableList own_aliases;  ///< this host's, where its MTA is Sendmail
  /// Transports under which the MTA relays ({rcpt_mailer}); compared as prefixes, so that "smtp-slow" is one too.
  std::vector<std::string> relay_transports = {"smtp", "relay", "esmtp", "dsmtp"};

  const Relay* relay_for(const Address& recipient) const {
    const auto found = relay_by_domain.find(recipient.key_domain());
    return found == relay_by_domain.end() ? nullptr : found->second.get();
  }
};

}  // namespace shorthop
