// What is known of a primary besides its tables of aliases. No I/O.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "primary/primary.h"
#include "settings/settings.h"

namespace shorthop {

struct PrimaryFacts {
  PrimaryRules rules;
  AddressTables asked;
  SenderTables senders;
  NotFollowed not_followed;
  /// Why no recipient of this relay can be proven; empty: they can.
  std::vector<LookupFailure> unproven;
  /// The primary's tables as it names them, in order; absent: unknown, so the tables in the relay file are all.
  std::optional<std::vector<std::string>> virtual_alias_maps;
  std::optional<std::vector<std::string>> alias_maps;
};

/// The rules of a primary known only from its relay file. With the profile postfix, the domains in primary-domains are
/// local, the first of them is the origin, and the class of all others is unknown; with another profile all domains are
/// local.
PrimaryFacts facts_without_postconf(const RelaySettings& relay);

}  // namespace shorthop
