// This host for tests, described by output of postconf or by settings, and its answers as text.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "load/host/load_local_host.h"
#include "load/host/local_host.h"
#include "support/catch.h"
#include "support/load_sources.h"
#include "tables/types/backends.h"

namespace shorthop::test {

inline Backends backends;

inline Address address(std::string_view text) {
  auto parsed = Address::parse(text);
  REQUIRE(parsed);
  return *parsed;
}

inline std::string shown(const std::expected<bool, LookupFailure>& answer) {
  return answer ? (*answer ? "yes" : "no") : "failed: " + answer.error().text();
}

/// A host from settings and, if there is a text, from Postfix.
struct Host {
  explicit Host(const std::string& postconf_text, const Settings& settings = from_postfix(),
                MapFiles::Texts texts = {}) {
    const MapFiles files(std::move(texts));
    TableOpener opener(files, backends);
    host = load_local_host(settings, files, TextPostconf(postconf_text), opener, problems, warnings).host;
  }

  static Settings from_postfix() {
    Settings settings;
    settings.file = "shorthop.conf";
    settings.postfix_config = "/etc/postfix";
    return settings;
  }

  std::string is_local_domain(std::string_view domain) const {
    return shown(host->is_local_domain(domain, no_deadline));
  }
  std::string has_mailbox(std::string_view recipient) const {
    return shown(host->has_mailbox(address(recipient), no_deadline));
  }
  std::string maps_to_another_address(std::string_view recipient) const {
    return shown(host->maps_to_another_address(address(recipient), no_deadline));
  }

  /// The reason for which an alias of this host keeps a recipient, or "no".
  std::string alias_obstacle(std::string_view mailbox, bool is_only_target = true) const {
    const auto obstacle = host->alias_obstacle(address(mailbox), is_only_target, no_deadline);
    return obstacle ? std::string(name_of(obstacle->kind)) : "no";
  }

  /// The reason for which this host's canonical tables keep a recipient with these targets, or "no".
  std::string merging_obstacle(std::initializer_list<std::string_view> targets) const {
    std::vector<Address> addresses;
    for (const std::string_view target : targets) addresses.push_back(address(target));
    const auto obstacle = host->merging_obstacle(addresses, no_deadline);
    return obstacle ? std::string(name_of(obstacle->kind)) : "no";
  }

  std::shared_ptr<const LocalHost> host;
  Diagnostics problems;
  Diagnostics warnings;
};

}  // namespace shorthop::test
