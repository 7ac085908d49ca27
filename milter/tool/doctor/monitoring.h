// The findings of shorthop check for Nagios and Icinga: a first line with performance data, and their exit statuses.
// Source: the Monitoring Plugins Development Guidelines.
#pragma once

#include <cstdint>
#include <string>

#include "tool/doctor/finding.h"
#include "tool/doctor/host_facts.h"

namespace shorthop::tool {

enum class MonitoringStatus : std::uint8_t { ok, warning, critical, unknown };

struct Monitoring {
  MonitoringStatus status = MonitoringStatus::ok;  ///< as a number it is the exit status
  std::string text;                                ///< the first line, then a line for each error and warning
};

/// The status is critical if there is an error, but unknown if all errors are temporary (ErrorClass::temporary). Notes
/// do not affect it. `findings` must be sorted.
Monitoring monitoring_of(const HostFacts& facts, const Findings& findings);

}  // namespace shorthop::tool
