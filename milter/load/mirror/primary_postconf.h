// The primary's own settings, from its output of postconf(1): its domains, origin and rules, and the tables that it asks
// about its recipients. No I/O but through PrimaryFiles.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load/mirror/primary_files.h"
#include "postfix/master_services.h"
#include "primary/primary.h"
#include "settings/settings.h"
#include "text/diagnostic.h"

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

/// What the primary's postconf(1) printed.
struct PostconfOutput {
  std::string file;  ///< for diagnostics
  std::string text;  ///< of `postconf` or `postconf -n`
  /// Its services (`postconf -M` and `-P`); absent: not known, and taken to override nothing.
  std::optional<std::vector<MasterService>> services;
};

/// The rules of a primary known only from its relay file. With the profile postfix, the domains in primary-domains are
/// local, the first of them is the origin, and the class of all others is unknown; with another profile all domains are
/// local.
PrimaryFacts facts_without_postconf(const RelaySettings& relay);

/// The rules from the primary's own output; values in the relay file override it. Unreadable or unsupported settings
/// disable what depends on them, with a warning.
PrimaryFacts facts_from_postconf(const PostconfOutput& output, const RelaySettings& relay, PrimaryFiles& files,
                                 Diagnostics& warnings);

}  // namespace shorthop
