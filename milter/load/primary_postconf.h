// The primary's own settings, from what `postconf -n` printed there: its domains, its origin and its rules, and
// whatever it does to a recipient that this program does not follow. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load/settings.h"
#include "primary/primary.h"
#include "tables/diagnostic.h"

namespace shorthop {

struct PrimaryFacts {
  PrimaryRules rules;
  /// Why no recipient of this relay can be proven, a sentence each; empty: they can.
  std::vector<std::string> unproven;
  /// virtual_alias_domains is $virtual_alias_maps, its default: a domain is one if it is a key there.
  bool alias_domains_are_keys = false;
};

/// The rules of a primary of which only its relay file is known: the domains are local, the first is the origin.
PrimaryFacts facts_without_postconf(const RelaySettings& relay);

/// The rules from the text of `primary-postconf`; what the relay file sets itself is stronger. Nothing after an
/// error. What is unproven is a warning as well.
std::optional<PrimaryFacts> facts_from_postconf(std::string_view text, const RelaySettings& relay,
                                                Diagnostics& problems, Diagnostics& warnings);

}  // namespace shorthop
