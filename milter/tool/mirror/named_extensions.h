// The extensions of addresses (recipient_delimiter) that the data of a relay, or this host, names anywhere. All other
// extensions are treated alike. No I/O.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "session/snapshot.h"
#include "settings/settings.h"

namespace shorthop::tool {

struct NamedExtensions {
  std::set<std::string> texts;  ///< with their delimiters ("+ext"), folded
  std::string not_known;        ///< why there may be more: a sentence; empty: there are no others
};

/// The rest of the local part, from each delimiter on, of every name and address in a table, file or setting that
/// decides about recipients. Several tables may each add an extension, so "a+b+c" names "+b+c" and "+c".
NamedExtensions named_extensions(const Relay& relay, const RelaySettings& settings, const Snapshot& snapshot,
                                 std::string_view delimiters);

}  // namespace shorthop::tool
