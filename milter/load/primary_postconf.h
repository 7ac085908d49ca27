// The primary's own settings, from its output of `postconf -n`: its domains, origin and rules, and everything else that
// affects its recipients but is not supported. No I/O.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "primary/primary.h"
#include "settings/settings.h"
#include "text/diagnostic.h"

namespace shorthop {

struct PrimaryFacts {
  PrimaryRules rules;
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

/// The rules from the text of `primary-postconf`; values in the relay file override it. Unreadable or unsupported
/// settings disable what depends on them, with a warning.
PrimaryFacts facts_from_postconf(std::string_view text, const RelaySettings& relay, Diagnostics& warnings);

}  // namespace shorthop
