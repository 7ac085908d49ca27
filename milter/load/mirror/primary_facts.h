// What is known of a primary besides its tables of aliases, and parsers for some of its parameters. No I/O.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "primary/primary.h"
#include "settings/settings.h"

namespace shorthop {

struct PrimaryFacts {
  PrimaryRules rules;
  AddressTables address_tables;
  SenderTables senders;
  NotFollowed not_followed;
  /// Why every recipient of this relay is kept; empty: each is decided separately.
  std::vector<LookupFailure> unproven;
  /// The primary's tables as it names them, in order; absent: unknown, so only those in the relay file are used.
  std::optional<std::vector<std::string>> virtual_alias_maps;
  std::optional<std::vector<std::string>> alias_maps;
};

/// The rules of a primary known only from its relay file. With the profile postfix, the domains in primary-domains are
/// local, and the first of them is the origin. The class of all other domains is unknown. With another profile, all
/// domains are local.
PrimaryFacts facts_without_postconf(const RelaySettings& relay);

/// The value of propagate_unmatched_extensions; classes that are not supported are skipped.
ExtensionPropagation propagation_in(std::string_view value);

/// The value of forward_path, not expanded: the default, or a part of it. The error is the first path that the default
/// does not have.
std::expected<ForwardPath, std::string> forward_path_in(std::string_view value, std::string_view delimiters);

}  // namespace shorthop
