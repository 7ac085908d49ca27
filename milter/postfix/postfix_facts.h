// What this host's Postfix says of itself: its version, every parameter, the services of master.cf. Read by postconf(1)
// alone, so that it works without root, and for a Postfix that does not run.
#pragma once

#include <compare>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "postfix/master_services.h"
#include "postfix/parameters.h"
#include "system/child_output.h"

namespace shorthop {

struct PostfixVersion {
  int major = 0;
  int minor = 0;
  auto operator<=>(const PostfixVersion&) const = default;
};

/// "3.7.11", "3.10-20240101": its first two numbers; 0.0 for what is no version.
PostfixVersion parse_postfix_version(std::string_view text);

/// MILTER_README: "Postfix 3.0 and later" know settings of a single milter.
inline constexpr PostfixVersion first_with_milter_attributes{3, 0};

struct PostfixFacts {
  std::string directory;  ///< of main.cf
  std::string version;
  Parameters values;  ///< all, with $names expanded; of a Postfix before 3.0 only what needs no expansion
  std::vector<MasterService> services;
  std::optional<std::string> services_failure;  ///< why they are not known

  PostfixVersion number() const { return parse_postfix_version(version); }
  /// The value, or the empty text.
  std::string_view value(std::string_view parameter) const;
  /// A value as this service sees it: "-o name=value" wins.
  std::string value_for(const MasterService& service, std::string_view parameter) const;
  bool chroots_by_default() const;
};

/// Asks `postconf -c DIRECTORY`. A failure of kind not_found: there is no postconf on this host.
std::expected<PostfixFacts, ChildFailure> ask_postfix_facts(const std::string& directory,
                                                            const ChildLimits& limits = {});

}  // namespace shorthop
