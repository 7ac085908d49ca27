// The primary as the command line of shorthop pair names it, and its relay.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "settings/setting_values.h"
#include "settings/settings.h"
#include "text/diagnostic.h"

namespace shorthop::tool {

struct PrimaryName {
  std::string name;  ///< a folded name, or an IP address without brackets
  std::optional<unsigned> port;

  /// As the setting primary takes it.
  std::string bracketed() const { return name.contains(':') ? "[" + name + "]" : name; }
};

/// "HOST", "HOST:PORT", "[ADDRESS]:PORT".
ParsedValue<PrimaryName> parse_primary(std::string_view text);

/// The relay with this primary; nullptr if there is none. If several relays have this primary: the relay with the first
/// of `domains`, or the first relay if none has that domain; an error if `domains` is empty.
std::expected<const RelaySettings*, Diagnostic> relay_of_primary(const Settings& settings, const std::string& name,
                                                                 const std::vector<std::string>& domains);

/// ", did you mean ..." if the name is nearly the name of a primary, else nothing.
std::string near_primary(const Settings& settings, const std::string& name);

}  // namespace shorthop::tool
