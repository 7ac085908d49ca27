// Charts of the HTML report: bars as inline SVG, with their numbers in a table for screen readers. No I/O.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tool/discover/report.h"

namespace shorthop::tool {

/// The hours of a report, joined to at most `max_bars` equal spans, including spans without mail.
struct TimeBar {
  LogTime begin;
  Hour sum;
};
struct TimeBars {
  static constexpr std::size_t max_bars = 60;
  std::vector<TimeBar> bars;
  std::chrono::hours width{1};
};
TimeBars time_bars(const std::map<LogTime, Hour>& hours);

/// One value for each span.
struct TimeChart {
  std::string_view title;
  std::string_view column;  ///< the heading of the numbers
  std::function<std::uint64_t(const Hour&)> value;
  std::function<std::string(std::uint64_t)> shown;
};
std::string time_chart(const TimeBars& bars, const TimeChart& chart);

/// A bar as long as the value, in a cell of a table beside the number itself.
std::string cell_bar(std::uint64_t value, std::uint64_t most);

}  // namespace shorthop::tool
