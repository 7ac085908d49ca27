// Asks this host's Postfix for its settings, by postconf(1). The test double is a text.
#pragma once

#include <expected>
#include <string>

#include "postfix/parameters.h"
#include "system/child_output.h"

namespace shorthop {

class Postconf {
 public:
  virtual ~Postconf() = default;
  /// All parameters of main.cf in that directory, with expanded values. If a parameter has another value for a service
  /// of master.cf, because the service overrides it or a name that its value refers to, that value is there too, with a
  /// name such as "smtp/inet/smtpd_milters".
  virtual std::expected<Parameters, ChildFailure> ask(const std::string& config_directory) const = 0;
};

/// Runs `postconf -c DIRECTORY` with -x (Postfix 2.10 and later) and with -P (2.11 and later); if there are overrides,
/// also with neither.
class SystemPostconf final : public Postconf {
 public:
  explicit SystemPostconf(ChildLimits limits = {}) : limits_(limits) {}
  std::expected<Parameters, ChildFailure> ask(const std::string& config_directory) const override;

 private:
  ChildLimits limits_;
};

}  // namespace shorthop
