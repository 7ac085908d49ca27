// DNS answers about primaries and about domains of this host. The last definite answer is kept, even if
// the name server fails later. "No answer yet" is distinct from "no".
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "load/mx_rank.h"
#include "primary/local_host.h"
#include "primary/primary.h"
#include "session/snapshot.h"
#include "settings/settings.h"
#include "system/dns.h"
#include "text/by_name.h"
#include "text/diagnostic.h"

namespace shorthop {

constexpr std::size_t max_domains_asked = 1000;  ///< whose MX records are looked up

/// Adds the domains that the aliases name in their right-hand sides: text after an '@'. Text that is not a domain does
/// no harm: only domains of this host are used.
void add_domains_of_targets(const Primary& primary, std::set<std::string, std::less<>>& domains);

class DnsAnswers {
 public:
  DnsAnswers(const HostAddresses& addresses, const MxLookup& exchangers)
      : addresses_source_(addresses), exchangers_source_(exchangers) {}

  /// Looks up the addresses of primaries (host name or address -> a relay that names it). Warns of a primary whose
  /// addresses are not known.
  void ask_addresses(const std::map<std::string, const RelaySettings*>& primaries, Diagnostics& warnings);

  /// Looks up whether this host is the only best MX of each domain (A-labels), and the best MX hosts of the domains of
  /// relays. `file`: the file that warnings name.
  void ask_exchangers(const std::set<std::string>& domains, const std::set<std::string>& relay_domains,
                      const OwnNames& own, const std::string& file, Diagnostics& warnings);

  /// Assumes that this host is the only best MX of each domain, without a look-up.
  void assume_best_mx(const std::set<std::string>& domains) {
    for (const std::string& domain : domains) best_mx_[domain] = true;
  }

  /// Whether some look-up was never answered.
  bool is_incomplete() const { return !unknown_addresses_.empty() || !unknown_mx_.empty(); }
  /// How many definite answers were new, or differed from the one before.
  std::size_t changes() const { return changes_; }

  /// The addresses of a primary, or why they are unknown.
  std::expected<std::vector<std::string>, std::string> addresses_of(const std::string& host) const;

  /// Domain of the relay -> its best MX host, if that is certainly neither the relay's primary nor one of its next
  /// hops. A host that cannot be compared, because its addresses are not known, is left out.
  TextByName other_exchangers(const Relay& relay, const std::vector<std::string>& domains) const;

  /// The host with `own` added, and with what is known about the MX records of its domains.
  std::shared_ptr<const LocalHost> with_answers(std::shared_ptr<const LocalHost> host, const OwnNames& own) const;

 private:
  /// Keeps a definite answer.
  template <class Value>
  void keep(ByName<Value>& answers, const std::string& name, Value value) {
    const auto [known, is_new] = answers.try_emplace(name, value);
    if (!is_new && known->second == value) return;
    known->second = std::move(value);
    ++changes_;
  }

  void keep_best_mx(const std::string& domain, const MxAnswer& answer, const OwnNames& own, const std::string& file,
                    Diagnostics& warnings);
  void keep_relay_exchangers(std::map<std::string, std::vector<std::string>> best, const OwnNames& own);
  std::optional<bool> is_best_mx(const std::string& domain, const MxAnswer& answer, const OwnNames& own) const;
  bool may_be_host_of(const std::string& host, const Relay& relay) const;

  const HostAddresses& addresses_source_;
  const MxLookup& exchangers_source_;
  ByName<std::vector<std::string>> addresses_;            ///< host -> addresses
  std::map<std::string, std::string> unknown_addresses_;  ///< host -> why they are unknown
  ByName<bool> best_mx_;                                  ///< domain -> whether this host is the only best MX
  std::map<std::string, std::string> unknown_mx_;         ///< domain -> why that is unknown
  ByName<std::vector<std::string>> relay_exchangers_;     ///< domain of a relay -> its best MX hosts except this one
  ByName<std::vector<std::string>> exchanger_addresses_;  ///< best MX host -> its addresses
  std::size_t changes_ = 0;
};

}  // namespace shorthop
