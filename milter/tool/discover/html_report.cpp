#include "tool/discover/html_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tool/discover/html_charts.h"
#include "tool/discover/html_text.h"

namespace shorthop::tool {
namespace {

constexpr std::size_t max_top = 25;

/// The colours have a contrast of at least 4.5 to 1 for text and 3 to 1 for bars (WCAG 2.1, 1.4.3 and 1.4.11).
constexpr std::string_view style = R"css(
:root{color-scheme:light dark;--page:#fff;--text:#1b1f24;--weak:#565d66;--line:#d0d6dd;--card:#f3f5f7;--bar:#1f6feb}
@media(prefers-color-scheme:dark){
:root{--page:#14181d;--text:#e8ecf0;--weak:#a7b0ba;--line:#38404a;--card:#1e242b;--bar:#5a9dff}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:1rem/1.5 system-ui,sans-serif}
header,main,footer{max-width:62rem;margin:0 auto;padding:.5rem 1rem}
h1{font-size:1.6rem;line-height:1.2;margin:.5rem 0}
h2{font-size:1.2rem;margin:2rem 0 .5rem}
main>:first-child>h2{margin-top:0}
header p,footer,figcaption,.scale,.ends,dt{color:var(--weak)}
dl.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(11rem,1fr));gap:.75rem;margin:0}
dl.cards div{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.75rem;
display:flex;flex-direction:column;justify-content:space-between}
dt{font-size:.9rem}
dd{margin:0;font-size:1.4rem;font-weight:600}
figure{margin:1.25rem 0}
figcaption{font-weight:600;color:var(--text)}
figure>svg{display:block;width:100%;height:8rem;background:var(--card);border-bottom:1px solid var(--line)}
rect{fill:var(--bar)}
.scale,.ends{display:flex;justify-content:space-between;font-size:.85rem}
details{margin:.5rem 0}
summary{cursor:pointer}
.wide{overflow-x:auto}
.wide:focus-visible,summary:focus-visible{outline:3px solid var(--bar);outline-offset:2px}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.4rem .75rem .4rem 0;border-bottom:1px solid var(--line)}
thead th{white-space:nowrap}
tbody th{font-weight:400}
.number{text-align:right}
td.number{white-space:nowrap}
bdi{overflow-wrap:anywhere}
.bar{display:block;width:100%;min-width:4rem;height:.5rem;margin-top:.3rem}
@media(max-width:40rem){
table.top thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table.top,table.top tbody,table.top tr,table.top th,table.top td{display:block;border:0;padding:0;text-align:left}
table.top tr{border-bottom:1px solid var(--line);padding:.6rem 0}
table.top [data-label]::before{content:attr(data-label)": ";color:var(--weak)}}
)css";

/// The start of the page. The policy forbids everything but inline styles and images, whatever the log contains.
std::string head(const std::string& period) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src "
      "data:\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n<title>Round trips of mail{}</title>\n<style>{}</style>\n</head>\n",
      period.empty() ? "" : ", " + period, style);
}

std::string period_of(const LogCounts& log) {
  if (log.of_postfix == 0) return {};
  const std::string first = rfc3339(log.first).substr(0, 10);
  const std::string last = rfc3339(log.last).substr(0, 10);
  return first == last ? first : first + " to " + last;
}

std::string card(std::string_view name, const std::string& value) {
  return fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", name, value);
}

/// Some logs have no sizes: that is not the same as no bytes.
std::string known_bytes(std::uint64_t bytes, bool is_unknown) {
  return bytes == 0 && is_unknown ? "unknown" : bytes_text(bytes);
}

std::string cards(const DiscoverResult& result) {
  const Totals& totals = result.report.totals();
  std::string text = "<section aria-labelledby=\"sum\">\n<h2 id=\"sum\">Summary</h2>\n<dl class=\"cards\">\n";
  text += card("Recipients relayed to other hosts", std::to_string(totals.relayed));
  text += card("Recipients that came back here", std::to_string(totals.trips));
  text += card("SMTP transactions for them", std::to_string(totals.cost.transactions));
  text += card("Bytes between the hosts", known_bytes(totals.cost.bytes, totals.cost.without_size > 0));
  if (totals.trips > 0) {
    text += card("Mean delay", time_text(totals.time / static_cast<std::int64_t>(totals.trips)));
  }
  if (result.has_data) {
    text += card("Transactions that shorthop saves", std::to_string(totals.saved.transactions));
    text += card("Bytes that shorthop saves", known_bytes(totals.saved.bytes, totals.saved.without_size > 0));
  }
  return text + "</dl>\n</section>\n";
}

std::string charts(const Report& report) {
  const TimeBars bars = time_bars(report.hours());
  const auto number = [](std::uint64_t value) { return std::to_string(value); };
  std::string text = "<section aria-labelledby=\"time\">\n<h2 id=\"time\">Over time</h2>\n";
  text += time_chart(bars, {"SMTP transactions of round trips", "Transactions",
                            [](const Hour& hour) { return hour.transactions; }, number});
  text += time_chart(bars, {"Bytes of round trips", "Bytes", [](const Hour& hour) { return hour.bytes; }, bytes_text});
  const auto mean_time = [](const Hour& hour) {
    return hour.trips == 0 ? 0 : static_cast<std::uint64_t>(hour.time.count()) / hour.trips;
  };
  const auto time = [](std::uint64_t value) { return time_text(std::chrono::milliseconds(value)); };
  text += time_chart(bars, {"Mean delay of the mail that came back", "Mean delay", mean_time, time});
  return text + "</section>\n";
}

std::string top_row(const TripRow& row, std::uint64_t most, bool has_data) {
  std::string finals;
  for (const std::string& final : row.finals) finals += (finals.empty() ? "" : "<br>") + html_address(final);
  std::string text = fmt::format(
      "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\">{}</th><td role=\"cell\" data-label=\"Came back "
      "for\">{}</td>"
      "<td role=\"cell\" data-label=\"Times\">{}{}</td>"
      "<td role=\"cell\" class=\"number\" data-label=\"Bytes\">{}</td>"
      "<td role=\"cell\" class=\"number\" data-label=\"Mean time\">{}</td>",
      html_address(row.original), finals, row.count, cell_bar(row.count, most),
      known_bytes(row.bytes, row.without_size == row.count),
      time_text(row.time / static_cast<std::int64_t>(row.count)));
  if (has_data) {
    text += fmt::format("<td role=\"cell\" data-label=\"shorthop\">{} {}</td>", name_of(row.decision.kind),
                        row.decision.reason_code());
  }
  return text + "</tr>\n";
}

/// The roles are explicit: on a narrow screen the table is shown as blocks, which a screen reader would not take for a
/// table.
std::string top_head(bool has_data) {
  std::string text =
      "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Table of aliases\">\n"
      "<table class=\"top\" role=\"table\"><thead role=\"rowgroup\"><tr role=\"row\">";
  for (const std::string_view column : {"Sent to", "Came back for", "Times", "Bytes", "Mean time", "shorthop"}) {
    if (column == "shorthop" && !has_data) continue;
    const bool is_number = column == "Bytes" || column == "Mean time";
    text +=
        fmt::format("<th role=\"columnheader\" scope=\"col\"{}>{}</th>", is_number ? " class=\"number\"" : "", column);
  }
  return text + "</tr></thead><tbody role=\"rowgroup\">\n";
}

std::string top(const DiscoverResult& result) {
  const auto rows = result.report.rows();
  std::string text = "<section aria-labelledby=\"top\">\n<h2 id=\"top\">Aliases whose mail came back</h2>\n";
  text += top_head(result.has_data);
  for (std::size_t at = 0; at < std::min(rows.size(), max_top); ++at) {
    text += top_row(*rows[at], rows.front()->count, result.has_data);
  }
  text += "</tbody></table>\n</div>\n";
  if (rows.size() > max_top) {
    text +=
        fmt::format("<p>And {} more, which <code>shorthop discover --json</code> lists.</p>\n", rows.size() - max_top);
  }
  return text + "</section>\n";
}

/// A table of names and numbers with bars; empty if all numbers are 0.
std::string bar_table(std::string_view id, std::string_view title, std::string_view column,
                      const std::vector<std::pair<std::string, std::uint64_t>>& rows) {
  std::uint64_t most = 0;
  for (const auto& [name, count] : rows) most = std::max(most, count);
  if (most == 0) return {};
  std::string text = fmt::format(
      "<section aria-labelledby=\"{0}\">\n<h2 id=\"{0}\">{1}</h2>\n<table><thead><tr><th scope=\"col\">{2}</th>"
      "<th scope=\"col\">Times</th></tr></thead><tbody>\n",
      id, title, column);
  for (const auto& [name, count] : rows) {
    text += fmt::format("<tr><th scope=\"row\">{}</th><td>{}{}</td></tr>\n", html_escaped(name), count,
                        cell_bar(count, most));
  }
  return text + "</tbody></table>\n</section>\n";
}

std::string way_back(const Totals& totals) {
  constexpr std::array<std::string_view, filter_verdict_count> names = {"Refused by this host", "Called spam",
                                                                        "SPF failed", "DKIM failed", "DMARC failed"};
  std::vector<std::pair<std::string, std::uint64_t>> rows;
  for (std::size_t at = 0; at < names.size(); ++at) rows.emplace_back(names[at], totals.verdicts[at]);
  return bar_table("back", "Trouble on the way back", "What happened", rows);
}

std::string missed(const Totals& totals) {
  return bar_table("missed", "Why shorthop would keep recipients", "Reason",
                   {totals.missed.begin(), totals.missed.end()});
}

std::string footer(const DiscoverResult& result) {
  std::string text = fmt::format("<footer><p>{} log lines read, {} of Postfix. Times are in UTC. ", result.log.lines,
                                 result.log.of_postfix);
  if (result.report.totals().cost.without_size > 0) {
    text += fmt::format("The bytes of {} are not in the log. ",
                        amount_of(result.report.totals().cost.without_size, "transaction", "transactions"));
  }
  if (result.cut_short() > 0) {
    text += fmt::format("Not followed to their end, for lack of memory: {}. ",
                        amount_of(result.cut_short(), "message", "messages"));
  }
  return text + "Made by <code>shorthop discover --html</code>.</p></footer>\n";
}

}  // namespace

std::string html_page(const DiscoverResult& result) {
  const std::string period = period_of(result.log);
  const Totals& totals = result.report.totals();
  std::string page = head(period);
  page += fmt::format(
      "<body>\n<header>\n<h1>Mail that went to the primary MX and came back</h1>\n<p>{}A round trip is a message that "
      "this "
      "host sent to another host and that came back for another recipient, whose mailbox is "
      "here.</p>\n</header>\n<main>\n",
      period.empty() ? "" : period + ". ");
  page += cards(result);
  if (totals.trips > 0) {
    page += charts(result.report);
    page += top(result);
    page += missed(totals);
    page += way_back(totals);
  } else {
    page += "<p>No mail came back. There is nothing that shorthop could save.</p>\n";
  }
  return page + "</main>\n" + footer(result) + "</body>\n</html>\n";
}

}  // namespace shorthop::tool
