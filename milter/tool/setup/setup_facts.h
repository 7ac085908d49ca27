// Gathers what shorthop setup needs to know of this host: its settings, its Postfix, the DNS. Reads only.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "tool/setup/setup_plan.h"

namespace shorthop::tool {

struct SetupOptions {
  std::string postfix_config;  ///< empty: as the settings say
  bool use_dns = true;
};

struct NoPostfix {
  bool is_absent = false;  ///< there is no Postfix here, rather than one that cannot be asked
  std::string what;
};

/// The directory whose main.cf is meant.
std::string postfix_directory(const Settings& settings, const SetupOptions& questions);

std::expected<SetupFacts, NoPostfix> setup_facts(const Settings& settings, const SetupOptions& questions);

/// relay.d beside the main file.
std::string relay_directory_of(const Settings& settings);

/// DIRECTORY/main.cf with symbolic links followed.
std::string main_cf_in(const std::string& directory);

/// Names that stand in mydestination, virtual_alias_domains or virtual_mailbox_domains: local to this host, folded.
std::vector<std::string> local_names(const PostfixFacts& postfix);

/// A host that is set up for Sendmail.
bool has_sendmail();

}  // namespace shorthop::tool
