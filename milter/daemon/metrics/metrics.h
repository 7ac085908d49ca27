// The metrics as rows: name, type and meaning of each, and the function that gives its samples. No I/O; the text form
// is made in prometheus_text.h.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/status.h"

namespace shorthop {

enum class MetricType : std::uint8_t { counter, gauge, histogram };

/// One value of a metric. Labels name relays, tables, reasons and results, never addresses.
struct MetricSample {
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;
  /// Only for a histogram: each bound, and how many observations were not above it. `value` is the sum of all.
  std::vector<std::pair<double, std::uint64_t>> buckets = {};
  std::uint64_t count = 0;  ///< only for a histogram: all observations
};
using MetricSamples = std::vector<MetricSample>;

struct MetricRow {
  std::string_view name;
  MetricType type = MetricType::counter;
  std::string_view meaning;
  MetricSamples (*samples)(const Status& status) = nullptr;
};

/// All metrics, in the order in which they are printed.
std::span<const MetricRow> metric_rows();

}  // namespace shorthop
