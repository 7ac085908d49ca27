#include "daemon/status.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <iterator>
#include <vector>

#include "mail/json.h"
#include "mail/one_line.h"

namespace shorthop {
namespace {

using Time = std::chrono::system_clock::time_point;

std::string utc(Time time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string_view name_of(Mode mode) { return mode == Mode::rewrite ? "rewrite" : "observe"; }

struct RecipientRow {
  std::string_view fate;
  std::string_view reason;
  std::uint64_t number;
};

/// Those that occurred.
std::vector<RecipientRow> recipient_rows(const Counters& counters) {
  std::vector<RecipientRow> rows;
  for (std::size_t fate = 0; fate < fate_names.size(); ++fate)
    for (const auto& reason : reason_rows)
      if (const auto number = counters.recipients(static_cast<Fate>(fate), reason.reason); number > 0)
        rows.push_back({fate_names[fate], reason.name, number});
  return rows;
}

std::string json_of(std::string_view text) {
  std::string json;
  append_json_string(json, text);
  return json;
}

/// All that is told of one relay; relay_json() tells the same.
std::string relay_text(const RelaySettings& relay) {
  return fmt::format("{} mode={} primary={} domains={}", relay.name, name_of(relay.mode), relay.primary.value,
                     fmt::join(relay.domains.value, ","));
}

std::string relay_json(const RelaySettings& relay) {
  std::vector<std::string> domains;
  domains.reserve(relay.domains.value.size());
  for (const auto& domain : relay.domains.value) domains.push_back(json_of(domain));
  return fmt::format(R"({{"name":{},"mode":"{}","primary":{},"domains":[{}]}})", json_of(relay.name),
                     name_of(relay.mode), json_of(relay.primary.value), fmt::join(domains, ","));
}

}  // namespace

std::string status_text(const Status& status) {
  std::string text;
  const auto add = [&text](std::string_view name, std::string_view value) {
    fmt::format_to(std::back_inserter(text), "{:<20} {}\n", name, one_line(value));
  };
  add("version", SHORTHOP_VERSION);
  add("process", std::to_string(::getpid()));
  add("started", utc(status.started));
  add("settings", status.settings.file);
  add("loaded", utc(status.loaded));
  add("socket", status.settings.socket);
  for (const auto& relay : status.settings.relays) add("relay", relay_text(relay));
  for (const auto& row : count_rows) add(row.name, std::to_string(status.counters.get(row.count)));
  add("log-lines-lost", std::to_string(status.log_lines_lost));
  for (const auto& row : recipient_rows(status.counters))
    add("recipients", fmt::format("{} {} {}", row.fate, row.reason, row.number));
  return text;
}

std::string status_json(const Status& status) {
  std::vector<std::string> relays;
  relays.reserve(status.settings.relays.size());
  for (const auto& relay : status.settings.relays) relays.push_back(relay_json(relay));
  std::string counts;
  for (const auto& row : count_rows)
    fmt::format_to(std::back_inserter(counts), R"(,"{}":{})", row.name, status.counters.get(row.count));
  fmt::format_to(std::back_inserter(counts), R"(,"log-lines-lost":{})", status.log_lines_lost);
  std::vector<std::string> recipients;
  for (const auto& row : recipient_rows(status.counters))
    recipients.push_back(fmt::format(R"({{"fate":"{}","reason":"{}","number":{}}})", row.fate, row.reason, row.number));
  return fmt::format(
      R"({{"version":"{}","process":{},"started":"{}","settings":{},"loaded":"{}","socket":{},"relays":[{}]{},"recipients":[{}]}})",
      SHORTHOP_VERSION, ::getpid(), utc(status.started), json_of(status.settings.file), utc(status.loaded),
      json_of(status.settings.socket), fmt::join(relays, ","), counts, fmt::join(recipients, ","));
}

}  // namespace shorthop
