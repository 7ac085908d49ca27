#include "tool/discover/print_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "text/ascii.h"

namespace shorthop::tool {
namespace {

constexpr std::size_t max_text_rows = 50;

/// "rewrite all-local", "keep foreign-target: someone@example.net"; empty without alias data.
std::string decision_text(const TripDecision& decision) {
  if (decision.kind == TripDecision::Kind::unknown) return {};
  std::string text(name_of(decision.kind));
  if (decision.reason) (text += ' ') += decision.reason_code();
  if (!decision.detail.empty()) (text += ": ") += one_line(decision.detail);
  return text;
}

/// Whether an address can be written in virtual(5) without change: no character of it ends the address or begins a
/// comment.
bool is_plain(std::string_view address) {
  constexpr std::string_view marks = "!#$%&'*+-/=?^_`{|}~.@[]:";  // RFC 5322, 3.2.3, and those between its parts
  const auto fits = [&](char c) { return is_letter_or_digit(c) || marks.contains(c); };
  constexpr std::string_view begins_other = "#|/:";
  return !address.empty() && !begins_other.contains(address.front()) && std::ranges::all_of(address, fits);
}

void print_rows(const DiscoverResult& result, Output& output) {
  const auto rows = result.report.rows();
  output.write(fmt::format("{:>6}  {:>9}  {:>11}  {}\n", "times", "bytes", "mean time", "original -> final"));
  for (std::size_t at = 0; at < std::min(rows.size(), max_text_rows); ++at) {
    const TripRow& row = *rows[at];
    output.write(fmt::format("{:>6}  {:>9}  {:>11}  {} -> {}{}\n", row.count, bytes_text(row.bytes),
                             time_text(row.time / static_cast<std::int64_t>(row.count)), one_line(row.original),
                             one_line(joined(row.finals)), row.is_certain ? "" : "  (perhaps)"));
    const std::string decision = decision_text(row.decision);
    if (!decision.empty()) output.write(fmt::format("{:>30}  {}\n", "", decision));
  }
  if (rows.size() > max_text_rows) {
    output.write(fmt::format("        and {} more (--json lists all)\n", rows.size() - max_text_rows));
  }
}

void print_savings(const Totals& totals, Output& output) {
  output.write(
      fmt::format("with the alias data of this host, shorthop saves {} of these transactions and {}, for {} of {}\n",
                  totals.saved.transactions, bytes_text(totals.saved.bytes), totals.saved_trips,
                  amount_of(totals.trips, "recipient", "recipients")));
  if (totals.saved.hops != totals.saved.transactions) {
    output.write(fmt::format("  in hops, as `shorthop status` counts them: {}\n", totals.saved.hops));
  }
  for (const auto& [reason, count] : totals.missed) {
    output.write(fmt::format("  not saved: {} {}\n", amount_of(count, "recipient,", "recipients,"), reason));
  }
}

void print_verdicts(const Totals& totals, Output& output) {
  constexpr std::array<std::string_view, filter_verdict_count> words = {"refused", "spam", "SPF failed", "DKIM failed",
                                                                        "DMARC failed"};
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (totals.verdicts[at] > 0) output.write(fmt::format("on the way back: {}: {}\n", words[at], totals.verdicts[at]));
  }
}

void print_log(const DiscoverResult& result, Output& output) {
  output.write(fmt::format("read {} lines, {} of Postfix", result.log.lines, result.log.of_postfix));
  if (result.log.of_postfix > 0) {
    output.write(fmt::format(", from {} to {}", rfc3339(result.log.first), rfc3339(result.log.last)));
  }
  output.write("\n");
  if (result.log.cut > 0)
    output.write(fmt::format("too long, read in part: {}\n", amount_of(result.log.cut, "line", "lines")));
  if (result.cut_short() > 0) {
    output.write(fmt::format("not followed to their end, for lack of memory: {}\n",
                             amount_of(result.cut_short(), "message", "messages")));
  }
}

void add_trip_row(JsonObject& json, const TripRow& row) {
  json.text("original", row.original)
      .texts("final", row.finals)
      .text("next_hop", row.next_hop)
      .number("times", row.count)
      .number("bytes", row.bytes)
      .number("without_size", row.without_size)
      .seconds("seconds", row.time)
      .seconds("slowest_seconds", row.slowest)
      .text("first", rfc3339(row.first))
      .text("last", rfc3339(row.last))
      .boolean("certain", row.is_certain);
}

void add_decision(JsonObject& json, const TripDecision& decision) {
  json.text("decision", name_of(decision.kind)).text("reason", decision.reason_code()).text("detail", decision.detail);
  json.texts("to", decision.to);
}

void add_saved(JsonObject& json, const Saved& saved) {
  json.number("transactions", saved.transactions)
      .number("hops", saved.hops)
      .number("bytes", saved.bytes)
      .number("without_size", saved.without_size);
}

void add_log(JsonObject& json, const LogCounts& log) {
  json.number("lines", log.lines)
      .number("lines_of_postfix", log.of_postfix)
      .number("lines_not_understood", log.not_understood)
      .number("lines_cut", log.cut)
      .text("from", log.of_postfix > 0 ? rfc3339(log.first) : "")
      .text("to", log.of_postfix > 0 ? rfc3339(log.last) : "");
}

void add_totals(JsonObject& json, const Totals& totals, bool has_data) {
  json.number("relayed", totals.relayed)
      .number("messages", totals.messages)
      .number("round_trips", totals.trips)
      .seconds("seconds", totals.time)
      .object("cost", [&](JsonObject& part) { add_saved(part, totals.cost); })
      .boolean("alias_data", has_data)
      .number("saved_round_trips", totals.saved_trips)
      .object("saved", [&](JsonObject& part) { add_saved(part, totals.saved); });
  json.object("missed", [&](JsonObject& part) {
    for (const auto& [reason, count] : totals.missed) part.number(reason, count);
  });
  json.object("on_the_way_back", [&](JsonObject& part) {
    for (std::size_t at = 0; at < filter_verdict_count; ++at)
      part.number(filter_verdict_names[at], totals.verdicts[at]);
  });
}

std::string summary_of(const DiscoverResult& result) {
  JsonObject summary;
  summary.object("summary", [&](JsonObject& json) {
    add_log(json, result.log);
    add_totals(json, result.report.totals(), result.has_data);
    json.number("cut_short", result.cut_short()).number("not_listed", result.report.totals().not_listed);
  });
  return summary.str();
}

}  // namespace

std::string amount_of(std::uint64_t number, std::string_view thing, std::string_view things) {
  return fmt::format("{} {}", number, number == 1 ? thing : things);
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> units = {"kB", "MB", "GB", "TB", "PB"};
  if (bytes < 1000) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  for (; value >= 999.95 && unit + 1 < units.size(); ++unit) value /= 1000;
  return fmt::format("{:.1f} {}", value, units[unit]);
}

std::string time_text(std::chrono::milliseconds time) {
  const auto seconds = time.count() / 1000;
  if (seconds < 1) return fmt::format("{} ms", time.count());
  if (seconds < 60) return fmt::format("{:.1f} s", static_cast<double>(time.count()) / 1000);
  if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
}

std::string joined(const std::vector<std::string>& addresses) { return fmt::format("{}", fmt::join(addresses, ", ")); }

void print_text(const DiscoverResult& result, Output& output) {
  const Totals& totals = result.report.totals();
  if (totals.trips > 0) print_rows(result, output);
  output.write(fmt::format("{} of {} relayed to other hosts came back, in {}\n", totals.trips,
                           amount_of(totals.relayed, "recipient", "recipients"),
                           amount_of(totals.messages, "message", "messages")));
  if (totals.trips > 0) {
    output.write(fmt::format("they cost {} and {}; mail came {} later on average\n",
                             amount_of(totals.cost.transactions, "SMTP transaction", "SMTP transactions"),
                             bytes_text(totals.cost.bytes),
                             time_text(totals.time / static_cast<std::int64_t>(totals.trips))));
    if (totals.cost.without_size > 0) {
      output.write(fmt::format("  without the bytes of {} whose size is not in the log\n",
                               amount_of(totals.cost.without_size, "transaction", "transactions")));
    }
    if (result.has_data) print_savings(totals, output);
    print_verdicts(totals, output);
  }
  print_log(result, output);
}

void print_json(const DiscoverResult& result, Output& output) {
  for (const TripRow* row : result.report.rows()) {
    JsonObject json;
    add_trip_row(json, *row);
    add_decision(json, row->decision);
    output.write(json.str() + "\n");
  }
  output.write(summary_of(result) + "\n");
}

void print_suggestions(const DiscoverResult& result, Output& output) {
  output.write(
      "# Aliases that the primary seems to have, as lines of virtual(5): mail for them came back.\n"
      "# Look up each of them on the primary: in the tables of virtual_alias_maps, with postmap -q ADDRESS, and in\n"
      "# its aliases(5).\n");
  for (const TripRow* row : result.report.rows()) {
    if (row->decision.kind == TripDecision::Kind::rewrite) continue;
    const std::string decision = decision_text(row->decision);
    const bool is_line = is_plain(row->original) && std::ranges::all_of(row->finals, is_plain);
    output.write(fmt::format(
        "\n# {}, the last on {}{}{}{}\n{}{}  {}\n", amount_of(row->count, "time", "times"), rfc3339(row->last),
        row->is_certain ? "" : "; not certain, because other recipients left with it",
        decision.empty() ? "" : "; shorthop: ", decision,
        is_line ? "" : "# not in the form of virtual(5): ", one_line(row->original), one_line(joined(row->finals))));
  }
}

void add_trip(JsonObject& json, const RoundTrip& trip) {
  json.text("original", trip.original)
      .texts("final", trip.finals)
      .text("next_hop", trip.next_hop.name)
      .text("arrived", rfc3339(trip.arrived))
      .text("delivered", rfc3339(trip.delivered))
      .seconds("seconds", trip.time)
      .number("bytes", trip.size)
      .boolean("certain", trip.is_alone);
}

std::string json_of(const MessageTrips& message, const std::vector<TripDecision>& decisions) {
  std::vector<std::size_t> places(message.trips.size());
  std::iota(places.begin(), places.end(), 0);
  return JsonObject()
      .text("message_id", message.message_id)
      .object("cost", [&](JsonObject& json) { add_saved(json, cost_of(message)); })
      .object("saved", [&](JsonObject& json) { add_saved(json, saved_by(message, decisions)); })
      .objects("round_trips", places,
               [&](JsonObject& json, std::size_t at) {
                 add_trip(json, message.trips[at]);
                 add_decision(json, decisions[at]);
               })
      .str();
}

}  // namespace shorthop::tool
