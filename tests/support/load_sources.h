// Fakes of the services that a load uses: Postfix, addresses and MX records.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "load/data_loader.h"
#include "support/fakes.h"
#include "support/settings_directory.h"
#include "system/dns.h"
#include "system/own_addresses.h"

namespace shorthop::test {

/// Every name has the address 192.0.2.10, except for those ending in ".invalid"; a literal is its own address.
class FixedAddresses final : public HostAddresses {
 public:
  std::vector<AddressAnswer> look_up(const std::vector<std::string>& names) const override {
    std::vector<AddressAnswer> answers;
    for (const std::string& name : names) {
      if (name.ends_with(".invalid")) {
        answers.emplace_back();
      } else {
        const bool is_literal = name.find_first_not_of("0123456789.") == name.npos || name.contains(':');
        answers.emplace_back(std::vector<std::string>{is_literal ? name : "192.0.2.10"});
      }
    }
    return answers;
  }
};

/// This host is the best MX of every domain, except for `moved` and for domains that begin with "elsewhere." or "null."
/// (RFC 7505). While `is_silent` is set, the look-up of a domain that begins with "silent." fails.
class FixedExchangers final : public MxLookup {
 public:
  std::vector<MxAnswer> look_up(const std::vector<std::string>& domains) const override {
    std::vector<MxAnswer> answers;
    for (const std::string& domain : domains) {
      asked.push_back(domain);
      if (domain.starts_with("silent.") && is_silent) {
        answers.emplace_back(std::unexpected(std::string("the DNS does not answer")));
      } else {
        const bool is_elsewhere = domain.starts_with("elsewhere.") || domain == moved;
        answers.push_back(std::vector<MxRecord>{{10, domain.starts_with("null.") ? ""
                                                     : is_elsewhere              ? "mx.example.net"
                                                                                 : own_name()}});
      }
    }
    return answers;
  }
  mutable std::vector<std::string> asked;
  bool is_silent = true;
  std::string moved;
};

/// The services that a load uses: a Postfix (by default, there is none) and fixed DNS answers.
struct FixedSources {
  explicit FixedSources(TextPostconf says = TextPostconf(ChildFailure{ChildFailure::Kind::not_found,
                                                                      "postconf not found"}))
      : postconf(std::move(says)) {}
  TextPostconf postconf;
  FixedAddresses addresses;
  FixedExchangers exchangers;
  LoadSources sources{postconf, addresses, exchangers};
};

}  // namespace shorthop::test
