// The primary's own settings, from its output of postconf(1): its domains, origin and rules, and the tables that it
// asks about its recipients. No I/O except through PrimaryFiles.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "load/mirror/primary_facts.h"
#include "load/mirror/primary_files.h"
#include "postfix/mail_path.h"
#include "postfix/master_services.h"
#include "settings/settings.h"
#include "text/diagnostic.h"

namespace shorthop {

/// What the primary's postconf(1) printed.
struct PostconfOutput {
  std::string file;  ///< named in diagnostics
  std::string text;  ///< the output of `postconf` or `postconf -n`
  /// Its services (`postconf -M` and `-P`); absent: not known. Then a line of `postconf -P` in `text` that changes how
  /// recipients are treated keeps all of them.
  std::optional<std::vector<MasterService>> services;
  bool filters_by_rule = false;  ///< may_filter_by_rule()
};

/// The rules from the primary's own output; values in the relay file override them. Unreadable or unsupported settings
/// disable what depends on them, with a warning.
PrimaryFacts facts_from_postconf(const PostconfOutput& output, const RelaySettings& relay, PrimaryFiles& files,
                                 Diagnostics& warnings);

}  // namespace shorthop
