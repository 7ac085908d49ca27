// The metrics in Prometheus' text format. Only prometheus_text.cpp includes prometheus-cpp.
#pragma once

#include <optional>
#include <string>

#include "daemon/status.h"

namespace shorthop {

/// Content-Type of the format.
inline constexpr const char* prometheus_content_type = "text/plain; version=0.0.4; charset=utf-8";

/// nullopt if this program was built without prometheus-cpp.
std::optional<std::string> prometheus_text(const Status& status);

}  // namespace shorthop
