// Asks this host's Postfix for its settings, by postconf(1). The one seam; the test double is a text.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "load/child_output.h"
#include "load/parameters.h"

namespace shorthop {

/// The parameters that say which domains and users this host has, and what it rewrites.
std::span<const std::string_view> local_parameters();

class Postconf {
 public:
  virtual ~Postconf() = default;
  /// The values of local_parameters() in main.cf of that directory, expanded.
  virtual std::expected<Parameters, ChildFailure> ask(const std::string& config_directory) const = 0;
};

/// Runs `postconf -c DIRECTORY -x NAME...` (-x: Postfix >= 2.10).
class SystemPostconf final : public Postconf {
 public:
  explicit SystemPostconf(ChildLimits limits = {}) : limits_(limits) {}
  std::expected<Parameters, ChildFailure> ask(const std::string& config_directory) const override;

 private:
  ChildLimits limits_;
};

}  // namespace shorthop
