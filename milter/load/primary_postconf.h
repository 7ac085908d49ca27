// The primary's own settings, from what `postconf -n` printed there: its domains, its origin and its rules, and
// whatever it does to a recipient that this program does not follow. Pure.
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
  /// The primary's tables as it names them, in its order; absent: not known, so what the relay file names is all.
  std::optional<std::vector<std::string>> virtual_alias_maps;
  std::optional<std::vector<std::string>> alias_maps;
};

/// The rules of a primary of which only its relay file is known. With the profile postfix the domains that
/// primary-domains names are local, the first of them is the origin, and the class of all others is not known; with
/// another profile all domains are local.
PrimaryFacts facts_without_postconf(const RelaySettings& relay);

/// The rules from the text of `primary-postconf`; what the relay file sets itself is stronger. What cannot be read or
/// is not followed costs what depends on it, with a warning.
PrimaryFacts facts_from_postconf(std::string_view text, const RelaySettings& relay, Diagnostics& warnings);

}  // namespace shorthop
