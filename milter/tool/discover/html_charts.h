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

/// One of the spans of TimeBars.
struct TimeBar {
  LogTime begin;
  Hour sum;
};
/// The hours of a report, joined into at most `max_bars` spans of equal width, including spans without mail.
struct TimeBars {
  static constexpr std::size_t max_bars = 60;
  std::vector<TimeBar> bars;
  std::chrono::hours width{1};
};
TimeBars time_bars(const std::map<LogTime, Hour>& hours);

/// A chart with one value for each span of TimeBars.
struct TimeChart {
  std::string_view title;
  std::string_view column;  ///< the heading of the column with the numbers
  std::function<std::uint64_t(const Hour&)> value;
  std::function<std::string(std::uint64_t)> shown;
};
std::string time_chart(const TimeBars& bars, const TimeChart& chart);

/// A bar for a cell of a table, beside the number. A value of `most` fills the width of the cell.
std::string cell_bar(std::uint64_t value, std::uint64_t most);

}  // namespace shorthop::tool
