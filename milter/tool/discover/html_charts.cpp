#include "tool/discover/html_charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace shorthop::tool {
namespace {

constexpr unsigned chart_height = 100;
constexpr std::size_t min_slots = 24;  // a single bar must not look like a filled area

/// The shortest width that gives at most TimeBars::max_bars bars: an hour, a part of a day, a day, a week, four weeks,
/// or more.
std::chrono::hours width_for(std::chrono::hours span) {
  constexpr std::array<int, 8> widths = {1, 2, 3, 6, 12, 24, 168, 672};
  for (const int hours : widths) {
    if (span.count() / hours < static_cast<std::int64_t>(TimeBars::max_bars)) return std::chrono::hours(hours);
  }
  return std::chrono::hours(span.count() / static_cast<std::int64_t>(TimeBars::max_bars - 1) + 1);
}

/// "2026-11-28", or "2026-11-28 14:00" for spans shorter than a day.
std::string label_of(LogTime begin, std::chrono::hours width) {
  const std::string stamp = rfc3339(begin);
  return width >= std::chrono::hours(24) ? stamp.substr(0, 10) : stamp.substr(0, 10) + " " + stamp.substr(11, 5);
}

std::string span_text(std::chrono::hours width) {
  if (width.count() == 1) return "hour";
  if (width.count() == 24) return "day";
  if (width.count() % 24 != 0) return fmt::format("{} hours", width.count());
  return fmt::format("{} days", width.count() / 24);
}

std::string bars_of(const TimeBars& bars, const TimeChart& chart, std::uint64_t most) {
  std::string svg;
  for (std::size_t at = 0; at < bars.bars.size(); ++at) {
    const std::uint64_t value = chart.value(bars.bars[at].sum);
    if (value == 0) continue;
    const double height = std::max(1.0, chart_height * static_cast<double>(value) / static_cast<double>(most));
    svg += fmt::format("<rect x=\"{}\" y=\"{:.1f}\" width=\"8\" height=\"{:.1f}\"><title>{}: {}</title></rect>",
                       at * 10 + 1, chart_height - height, height, label_of(bars.bars[at].begin, bars.width),
                       chart.shown(value));
  }
  return svg;
}

std::string numbers_of(const TimeBars& bars, const TimeChart& chart) {
  std::string rows;
  for (const TimeBar& bar : bars.bars) {
    if (bar.sum.trips == 0) continue;
    rows += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>", label_of(bar.begin, bars.width),
                        chart.shown(chart.value(bar.sum)));
  }
  return fmt::format(
      "<details><summary>The numbers: {}</summary><table><thead><tr><th scope=\"col\">From (UTC)</th>"
      "<th scope=\"col\">{}</th></tr></thead><tbody>{}</tbody></table></details>",
      chart.title, chart.column, rows);
}

}  // namespace

TimeBars time_bars(const std::map<LogTime, Hour>& hours) {
  TimeBars result;
  if (hours.empty()) return result;
  const LogTime first = hours.begin()->first;
  const auto span = std::chrono::duration_cast<std::chrono::hours>(hours.rbegin()->first - first);
  result.width = width_for(span);
  // Days begin at midnight.
  const LogTime begin =
      result.width >= std::chrono::hours(24) ? LogTime(std::chrono::floor<std::chrono::days>(first)) : first;
  for (const auto& [time, hour] : hours) {
    const auto at = static_cast<std::size_t>((time - begin) / result.width);
    while (result.bars.size() <= at) {
      result.bars.push_back({begin + result.width * static_cast<std::int64_t>(result.bars.size()), {}});
    }
    Hour& sum = result.bars[at].sum;
    sum.trips += hour.trips;
    sum.transactions += hour.transactions;
    sum.bytes += hour.bytes;
    sum.time += hour.time;
  }
  return result;
}

std::string time_chart(const TimeBars& bars, const TimeChart& chart) {
  std::uint64_t most = 0;
  for (const TimeBar& bar : bars.bars) most = std::max(most, chart.value(bar.sum));
  if (most == 0) return {};
  const std::string first = label_of(bars.bars.front().begin, bars.width);
  const std::string last = label_of(bars.bars.back().begin, bars.width);
  return fmt::format(
      "<figure><figcaption>{}, for each {}</figcaption><div class=\"scale\"><span>{}</span></div>"
      "<svg role=\"img\" aria-label=\"Bars: {}. The most is {}.\" viewBox=\"0 0 {} {}\" "
      "preserveAspectRatio=\"none\">{}</svg>"
      "<div class=\"ends\"><span>{}</span><span>{}</span></div>{}</figure>",
      chart.title, span_text(bars.width), chart.shown(most), chart.title, chart.shown(most),
      std::max(bars.bars.size(), min_slots) * 10, chart_height, bars_of(bars, chart, most), first,
      bars.bars.size() < min_slots ? "" : last, numbers_of(bars, chart));
}

std::string cell_bar(std::uint64_t value, std::uint64_t most) {
  const double part = most == 0 ? 0 : 100 * static_cast<double>(value) / static_cast<double>(most);
  return fmt::format(
      "<svg class=\"bar\" aria-hidden=\"true\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\"><rect "
      "width=\"{:.1f}\" "
      "height=\"10\"/></svg>",
      value == 0 ? 0 : std::max(1.0, part));
}

}  // namespace shorthop::tool
