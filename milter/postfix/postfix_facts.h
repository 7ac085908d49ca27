// Facts about this host's Postfix: its version, all parameters, the services of master.cf. They come from postconf(1)
// only, so root is not needed and Postfix need not run.
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

/// The first two numbers of "3.7.11", "3.10-20240101"; 0.0 if it is not a version.
PostfixVersion parse_postfix_version(std::string_view text);

/// MILTER_README: Postfix 3.0 and later have settings for a single milter.
inline constexpr PostfixVersion first_with_milter_attributes{3, 0};

struct PostfixFacts {
  std::string directory;  ///< the directory of main.cf
  std::string version;
  Parameters values;  ///< as from Postconf::ask(); not expanded, and without services, if Postfix is older than 2.10
  std::vector<MasterService> services;
  std::optional<std::string> services_failure;  ///< why `services` is unknown

  PostfixVersion number() const { return parse_postfix_version(version); }
  /// The value, or an empty text.
  std::string_view value(std::string_view parameter) const;
  /// The value that the service has instead of main.cf's, because it overrides the parameter, or a parameter that the
  /// value refers to; nullopt: main.cf's value applies.
  std::optional<std::string> own_value(const MasterService& service, std::string_view parameter) const;
  /// A value as the service sees it.
  std::string value_for(const MasterService& service, std::string_view parameter) const;
  bool chroots_by_default() const;
};

/// Runs `postconf -c DIRECTORY`. A failure of kind not_found: this host has no postconf.
std::expected<PostfixFacts, ChildFailure> ask_postfix_facts(const std::string& directory,
                                                            const ChildLimits& limits = {});

}  // namespace shorthop
