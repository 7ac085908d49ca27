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
  /// All parameters of main.cf in that directory, with expanded values. A service of master.cf has another value of a
  /// parameter if it overrides the parameter, or a name that the value refers to. Such a value is included, with a name
  /// such as "smtp/inet/smtpd_milters".
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
