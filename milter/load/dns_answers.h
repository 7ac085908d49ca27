// What the DNS says of primaries and of this host's domains. The last certain answer is kept: a name server that does not
// answer later changes nothing, and one that never answered is told from one that said no.
#pragma once

#include <cstddef>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "load/mx_standing.h"
#include "primary/local_host.h"
#include "primary/primary.h"
#include "settings/settings.h"
#include "system/dns.h"
#include "text/diagnostic.h"

namespace shorthop {

class DnsAnswers {
 public:
  DnsAnswers(const HostAddresses& addresses, const MxLookup& exchangers)
      : addresses_source_(addresses), exchangers_source_(exchangers) {}

  /// Asks for the addresses of primaries (host name or address -> a relay that names it). One that is not known is a
  /// warning.
  void ask_addresses(const std::map<std::string, const RelaySettings*>& primaries, Diagnostics& warnings);

  /// Asks whether this host is the only best MX of each domain (A-labels). `file`: where warnings belong.
  void ask_exchangers(const std::set<std::string>& domains, const OwnNames& own, const std::string& file,
                      Diagnostics& warnings);

  /// Takes this host to be the only best MX of each domain, without a question.
  void assume_best_mx(const std::set<std::string>& domains) {
    for (const std::string& domain : domains) best_mx_[domain] = true;
  }

  /// Whether some question was never answered.
  bool is_incomplete() const { return !unknown_addresses_.empty() || !unknown_mx_.empty(); }
  /// The number of certain answers.
  std::size_t count() const { return addresses_.size() + best_mx_.size(); }

  /// The addresses of a primary, or why they are not known.
  std::expected<std::vector<std::string>, std::string> addresses_of(const std::string& host) const;

  /// The host with what is known of its domains' MX records.
  std::shared_ptr<const LocalHost> with_answers(std::shared_ptr<const LocalHost> host) const;

 private:
  std::optional<bool> is_best_mx(const std::string& domain, const MxAnswer& answer, const OwnNames& own) const;

  const HostAddresses& addresses_source_;
  const MxLookup& exchangers_source_;
  std::map<std::string, std::vector<std::string>> addresses_;  ///< host -> addresses
  std::map<std::string, std::string> unknown_addresses_;       ///< host -> why they are not known
  std::map<std::string, bool> best_mx_;                        ///< domain -> whether this host is the only best MX
  std::map<std::string, std::string> unknown_mx_;              ///< domain -> why that is not known
};

}  // namespace shorthop
