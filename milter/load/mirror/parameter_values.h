// The parameters of a primary by name: its own values, overrides of its services, and Postfix's defaults. No I/O.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "postfix/parameters.h"

namespace shorthop {

/// Stands for $mydomain of a host whose name is not known. RFC 6761, 6.4: no host has such a name.
inline constexpr std::string_view unknown_domain = "unknown.invalid";

class ParameterValues {
 public:
  ParameterValues() = default;
  explicit ParameterValues(Parameters explicit_values) : explicit_values_(std::move(explicit_values)) {}

  /// Adds overrides of the services that the primary's mail passes. They replace other values.
  void override_with(const Parameters& overrides) {
    for (const auto& [name, value] : overrides) explicit_values_[name] = value;
  }
  void set(const std::string& name, std::string value) { explicit_values_[name] = std::move(value); }

  /// Whether the primary sets the value; false: it is only a default.
  bool is_explicit(std::string_view name) const { return explicit_values_.contains(name); }
  const Parameters& explicit_values() const { return explicit_values_; }
  /// explicit_values(), and the default of config_directory, which the output of `postconf -n` lacks.
  Parameters with_config_directory() const;

  /// As written, not expanded. A parameter that is not set has its default. If the default is unknown here, the value
  /// is "$NAME" with its own name, which cannot be expanded. nullopt: the parameter is not set and is not one of
  /// Postfix's own, so it is empty.
  std::optional<std::string> written(std::string_view name) const;
  /// With every $name replaced. The error is the part that cannot be expanded. It is removed_value if the value, or a
  /// value that it uses, is not in the mirror.
  std::expected<std::string, std::string> expanded(std::string_view name) const;
  /// As expanded(), but if myhostname is not set, a name below `unknown_domain` takes its place. `postconf -n` omits
  /// myhostname if the name comes from the system.
  std::expected<std::string, std::string> expanded_with_host(std::string_view name) const;
  /// As expanded(), but an unknown $name becomes empty, as Postfix does with an undefined one.
  std::string expanded_or_empty(std::string_view name) const;
  /// The items of the value as a list, after expanded().
  std::expected<std::vector<std::string>, std::string> items(std::string_view name) const;
  /// Whether the parameter is set to something else than white space; a value that cannot be expanded counts as set.
  bool is_set(std::string_view name) const;

 private:
  Parameters explicit_values_;
};

/// A list of domains that was expanded with expanded_with_host().
struct KnownDomains {
  std::string text;             ///< the items that do not depend on the unknown name
  bool lacks_own_name = false;  ///< $myhostname or localhost.$mydomain was in the list, but is not in `text`
  std::string unknown;          ///< another item that depends on the name, and may be any domain; empty: there is none
};
KnownDomains known_domains(const std::string& list);

/// Whether a list that was expanded with expanded_with_host() certainly has the domain, which may be below
/// `unknown_domain`. False for a list with exclusions, because they may exclude it.
bool certainly_has(const std::string& list, std::string_view domain);

}  // namespace shorthop
