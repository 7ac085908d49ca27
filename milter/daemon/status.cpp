#include "daemon/status.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <iterator>
#include <vector>

#include "load/mirror/pull_record.h"
#include "session/decision.h"
#include "session/refutations.h"
#include "text/ascii.h"
#include "text/json.h"
#include "text/utc_time.h"

namespace shorthop {
namespace {

using Time = std::chrono::system_clock::time_point;

std::string utc(Time time) { return utc_time_text(std::chrono::floor<std::chrono::seconds>(time)); }

struct RecipientRow {
  std::string_view disposition;
  std::string_view reason;
  std::uint64_t number;
};

/// The rows whose number is not zero.
std::vector<RecipientRow> recipient_rows(const RelayCounts& counts) {
  std::vector<RecipientRow> rows;
  for (std::size_t disposition = 0; disposition < disposition_names.size(); ++disposition)
    for (std::size_t reason = 0; reason < reason_rows.size(); ++reason)
      if (const auto number = counts.recipients[disposition][reason]; number > 0)
        rows.push_back({disposition_names[disposition], reason_rows[reason].name, number});
  return rows;
}

/// The results of the predictions of one relay.
struct PredictionRow {
  std::string relay;
  std::array<std::uint64_t, 4> results{};  ///< counts, in the order of PredictionResult
  std::uint64_t refuted_now = 0;           ///< recipients that are kept because they were refuted
  std::uint64_t confirmed_since = 0;
};

std::vector<PredictionRow> prediction_rows(const Status& status) {
  constexpr std::array counts = {RelayCount::predictions_confirmed, RelayCount::predictions_refuted,
                                 RelayCount::predictions_open, RelayCount::predictions_missed};
  const Counters::ByRelay by_relay = status.counters.by_relay();
  std::vector<PredictionRow> rows;
  for (const RelaySettings& relay : status.settings.relays) {
    PredictionRow row{relay.name, {}, 0, 0};
    const auto found = by_relay.find(relay.name);
    for (std::size_t i = 0; i < counts.size() && found != by_relay.end(); ++i)
      row.results[i] = found->second.get(counts[i]);
    if (found != by_relay.end()) row.confirmed_since = found->second.get(RelayCount::predictions_confirmed_since);
    if (status.snapshot.refutations) row.refuted_now = status.snapshot.refutations->count(relay.name);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string prediction_text(const PredictionRow& row) {
  std::string text = row.relay;
  for (std::size_t i = 0; i < row.results.size(); ++i)
    text += fmt::format(" {}={}", prediction_result_names[i], row.results[i]);
  return text + fmt::format(" kept-as-refuted={} confirmed-since-refuted={}", row.refuted_now, row.confirmed_since);
}

void add_prediction(JsonObject& json, const PredictionRow& row) {
  json.text("relay", row.relay);
  for (std::size_t i = 0; i < row.results.size(); ++i) json.number(prediction_result_names[i], row.results[i]);
  json.number("kept-as-refuted", row.refuted_now).number("confirmed-since-refuted", row.confirmed_since);
}

std::string time_of_data(const Relay& relay) {
  return relay.newest.file.empty() ? std::string() : utc(relay.newest.time);
}

/// Why the data in force is too old to act on; empty if it is not too old, or if it is held back for another reason.
std::string why_too_old(const Relay& relay) {
  return relay.held_back.empty() ? why_unusable(relay, std::chrono::system_clock::now()) : std::string();
}

/// Why the last `shorthop pull` failed; empty: it succeeded, or there was none.
std::string failure_of_pull(const RelaySettings& relay) {
  const auto last = relay.pull ? last_pull(relay.mirror.value, SystemFiles()) : std::nullopt;
  return last ? last->failure : std::string();
}

/// Why every recipient of the relay is kept, whatever its address; empty: each is decided separately.
std::string why_all_kept(const Relay& relay) {
  return relay.primary.unproven ? relay.primary.unproven->text() : std::string();
}

/// The text about one relay; add_relay() writes the same facts as JSON.
std::string relay_text(const Status& status, const RelaySettings& settings) {
  const Relay* relay = status.data_of(settings);
  std::string text = fmt::format("{} mode={} primary={} domains={}", settings.name, name_of(settings.mode),
                                 settings.primary.value, fmt::join(settings.domains.value, ","));
  if (relay == nullptr) return text;
  if (!relay->newest.file.empty()) text += fmt::format(" data={} file={}", time_of_data(*relay), relay->newest.file);
  text += fmt::format(" loaded={} generation={}", utc(relay->loaded), relay->fingerprint);
  if (!relay->held_in_observe.empty()) text += fmt::format(" observe-because=\"{}\"", relay->held_in_observe);
  if (!relay->unaccepted.empty()) text += fmt::format(" not-accepted=\"{}\"", relay->unaccepted);
  if (const std::string why = why_all_kept(*relay); !why.empty()) text += fmt::format(" keeps-all=\"{}\"", why);
  if (!relay->held_back.empty()) text += fmt::format(" held-back=\"{}\"", relay->held_back);
  if (const std::string stale = why_too_old(*relay); !stale.empty()) text += fmt::format(" stale=\"{}\"", stale);
  if (!relay->pending.empty()) text += fmt::format(" pending=\"{}\"", relay->pending);
  if (const std::string failure = failure_of_pull(settings); !failure.empty()) {
    text += fmt::format(" pull-failed=\"{}\"", failure);
  }
  return text;
}

void add_relay(JsonObject& json, const Status& status, const RelaySettings& settings) {
  json.text("name", settings.name)
      .text("mode", name_of(settings.mode))
      .text("primary", settings.primary.value)
      .texts("domains", settings.domains.value);
  const Relay* relay = status.data_of(settings);
  if (relay == nullptr) return;
  json.text("data", time_of_data(*relay))
      .text("file", relay->newest.file)
      .text("loaded", utc(relay->loaded))
      .text("generation", relay->fingerprint)
      .text("observe-because", relay->held_in_observe)
      .text("not-accepted", relay->unaccepted)
      .text("keeps-all", why_all_kept(*relay))
      .text("held-back", relay->held_back)
      .text("stale", why_too_old(*relay))
      .text("pending", relay->pending)
      .text("pull-failed", failure_of_pull(settings));
}

}  // namespace

const Relay* Status::data_of(const RelaySettings& relay) const {
  for (const std::string& domain : relay.domains.value) {
    const auto found = snapshot.relay_by_domain.find(domain);
    if (found != snapshot.relay_by_domain.end() && found->second->name == relay.name) return found->second.get();
  }
  return nullptr;
}

std::string status_text(const Status& status) {
  std::string text;
  const auto add = [&text](std::string_view name, std::string_view value) {
    fmt::format_to(std::back_inserter(text), "{:<24} {}\n", name, one_line(value));
  };
  add("version", SHORTHOP_VERSION);
  add("process", std::to_string(::getpid()));
  add("started", utc(status.started));
  add("settings", status.settings.file);
  add("loaded", utc(status.loaded));
  add("socket", status.settings.socket.text());
  for (const auto& relay : status.settings.relays) add("relay", relay_text(status, relay));
  for (const auto& row : count_rows) add(row.name, std::to_string(status.counters.get(row.count)));
  const RelayCounts all = status.counters.of_all();
  for (const auto& row : relay_count_rows) add(row.name, std::to_string(all.get(row.count)));
  add("log-lines-lost", std::to_string(status.log_lines_lost));
  if (!status.state_failure.empty()) add("state-not-written", status.state_failure);
  for (const auto& row : prediction_rows(status)) add("predictions", prediction_text(row));
  for (const auto& row : recipient_rows(all))
    add("recipients", fmt::format("{} {} {}", row.disposition, row.reason, row.number));
  return text;
}

std::string status_json(const Status& status) {
  JsonObject json;
  json.text("version", SHORTHOP_VERSION)
      .number("process", static_cast<std::uint64_t>(::getpid()))
      .text("started", utc(status.started))
      .text("settings", status.settings.file)
      .text("loaded", utc(status.loaded))
      .text("socket", status.settings.socket.text());
  json.objects("relays", status.settings.relays,
               [&](JsonObject& object, const RelaySettings& relay) { add_relay(object, status, relay); });
  for (const auto& row : count_rows) json.number(row.name, status.counters.get(row.count));
  const RelayCounts all = status.counters.of_all();
  for (const auto& row : relay_count_rows) json.number(row.name, all.get(row.count));
  json.number("log-lines-lost", status.log_lines_lost);
  json.text("state-not-written", status.state_failure);
  json.objects("predictions", prediction_rows(status), add_prediction);
  json.objects("recipients", recipient_rows(all), [](JsonObject& object, const RecipientRow& row) {
    object.text("disposition", row.disposition).text("reason", row.reason).number("number", row.number);
  });
  return json.str();
}

std::string status_predictions(const Status& status) {
  std::string text;
  for (const PredictionRow& row : prediction_rows(status)) {
    text +=
        fmt::format("{}\t{}\t{}\t{}\n", row.relay, fmt::join(row.results, "\t"), row.refuted_now, row.confirmed_since);
  }
  return text;
}

std::string status_generations(const Status& status) {
  std::string text;
  for (const RelaySettings& settings : status.settings.relays) {
    const Relay* relay = status.data_of(settings);
    if (relay == nullptr) continue;
    const std::string& why = relay->held_back.empty() ? relay->pending : relay->held_back;
    const auto time = std::chrono::nanoseconds(relay->newest.time.time_since_epoch()).count();
    text += fmt::format("{}\t{}\t{}\n", settings.name, time, one_line(why));
  }
  return text;
}

}  // namespace shorthop
