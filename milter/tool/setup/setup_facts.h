// Gathers the facts for shorthop setup, from the settings, this host's Postfix and the DNS. Changes nothing.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "tool/setup/setup_plan.h"

namespace shorthop::tool {

struct SetupOptions {
  std::string postfix_config;  ///< empty: from the settings
  bool use_dns = true;
  const Panel* panel = nullptr;  ///< the panel of the primaries; null: none was named
};

struct NoPostfix {
  bool is_absent = false;  ///< Postfix is not installed, as opposed to a failure to ask it
  std::string what;
};

/// The directory of the main.cf to use.
std::string postfix_directory(const Settings& settings, const SetupOptions& options);

std::expected<SetupFacts, NoPostfix> setup_facts(const Settings& settings, const SetupOptions& options);

/// The lists in this host's smtpd_milter_maps. `directory`: the directory of its main.cf.
MilterMaps read_milter_maps(const PostfixFacts& postfix, const std::string& directory);

/// The folder relay.d beside the main settings file (shorthop.conf).
std::string relay_directory_of(const Settings& settings);

/// DIRECTORY/main.cf with symbolic links followed.
std::string main_cf_in(const std::string& directory);

/// Names given directly in mydestination, virtual_alias_domains or virtual_mailbox_domains, folded: local to this host.
std::vector<std::string> local_names(const PostfixFacts& postfix);

/// Whether this host is set up for Sendmail.
bool has_sendmail();

}  // namespace shorthop::tool
