#include "daemon/metrics/metrics.h"

#include <array>

#include "session/decision.h"
#include "session/refutations.h"

namespace shorthop {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

double number(std::uint64_t count) { return static_cast<double>(count); }

double seconds(std::chrono::system_clock::time_point time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

template <Count count>
MetricSamples count_of(const Status& status) {
  return {{{}, number(status.counters.get(count))}};
}

/// One sample for each relay that is in force.
template <class Value>
MetricSamples by_relay(const Status& status, Value value) {
  MetricSamples samples;
  for (const RelaySettings& settings : status.settings.relays) {
    const Relay* relay = status.data_of(settings);
    if (relay != nullptr) samples.push_back({{{"relay", settings.name}}, value(*relay)});
  }
  return samples;
}

MetricSamples build_info(const Status&) { return {{{{"version", SHORTHOP_VERSION}}, 1}}; }

MetricSamples start_time(const Status& status) { return {{{}, seconds(status.started)}}; }

MetricSamples sessions(const Status& status) {
  // Read before Count::connections, because the number of connections that ended must not be larger.
  const std::uint64_t ended = status.counters.get(Count::connections_ended);
  return {{{}, number(status.counters.get(Count::connections) - ended)}};
}

std::string decision_of(Disposition disposition) {
  if (disposition == Disposition::kept) return "keep";
  return disposition == Disposition::refused ? "reject" : "rewrite";
}

MetricSamples recipients(const Status& status) {
  MetricSamples samples;
  for (const auto& [relay, counts] : status.counters.by_relay()) {
    for (std::size_t disposition = 0; disposition < disposition_names.size(); ++disposition) {
      for (std::size_t reason = 0; reason < reason_rows.size(); ++reason) {
        const std::uint64_t count = counts.recipients[disposition][reason];
        if (count == 0) continue;
        samples.push_back({{{"relay", relay},
                            {"decision", decision_of(static_cast<Disposition>(disposition))},
                            {"disposition", std::string(disposition_names[disposition])},
                            {"reason", std::string(reason_rows[reason].name)}},
                           number(count)});
      }
    }
  }
  return samples;
}

/// The counts by relay, without the recipients that have no relay: those that cannot be read as an address. They save
/// nothing. Relays for which nothing was counted yet have zeros, because Prometheus sees no increase if a metric first
/// appears as 1.
Counters::ByRelay relays_of(const Status& status) {
  Counters::ByRelay relays = status.counters.by_relay();
  relays.erase("");
  for (const RelaySettings& relay : status.settings.relays) relays.try_emplace(relay.name);
  return relays;
}

MetricSamples hops_saved(const Status& status) {
  MetricSamples samples;
  for (const auto& [relay, counts] : relays_of(status)) {
    const auto add = [&](const char* mode, RelayCount all, RelayCount of_unknown_size) {
      const std::uint64_t unknown = counts.get(of_unknown_size);
      const auto labels = [&](const char* size) { return Labels{{"relay", relay}, {"mode", mode}, {"size", size}}; };
      samples.push_back({labels("declared"), number(counts.get(all) - unknown)});
      samples.push_back({labels("unknown"), number(unknown)});
    };
    add("rewrite", RelayCount::hops_saved, RelayCount::hops_saved_size_unknown);
    add("observe", RelayCount::hops_observed, RelayCount::hops_observed_size_unknown);
  }
  return samples;
}

MetricSamples saved_bytes(const Status& status) {
  MetricSamples samples;
  for (const auto& [relay, counts] : relays_of(status)) {
    const auto labels = [&](const char* mode) {
      return Labels{{"relay", relay}, {"mode", mode}, {"size", "declared"}};
    };
    samples.push_back({labels("rewrite"), number(counts.get(RelayCount::bytes_saved))});
    samples.push_back({labels("observe"), number(counts.get(RelayCount::bytes_observed))});
  }
  return samples;
}

MetricSamples predictions(const Status& status) {
  constexpr std::array counted = {RelayCount::predictions_confirmed, RelayCount::predictions_refuted,
                                  RelayCount::predictions_open, RelayCount::predictions_missed};
  MetricSamples samples;
  for (const auto& [relay, counts] : relays_of(status)) {
    for (std::size_t i = 0; i < counted.size(); ++i) {
      samples.push_back(
          {{{"relay", relay}, {"result", std::string(prediction_result_names[i])}}, number(counts.get(counted[i]))});
    }
  }
  return samples;
}

MetricSamples missed(const Status& status) {
  MetricSamples samples;
  for (const auto& [relay, counts] : relays_of(status)) {
    for (std::size_t reason = 0; reason < reason_rows.size(); ++reason) {
      samples.push_back(
          {{{"relay", relay}, {"reason", std::string(reason_rows[reason].name)}}, number(counts.missed[reason])});
    }
  }
  return samples;
}

MetricSamples refuted(const Status& status) {
  return by_relay(status, [&](const Relay& relay) {
    return status.snapshot.refutations ? number(status.snapshot.refutations->count(relay.name)) : 0.0;
  });
}

MetricSamples edits(const Status& status) {
  return {{{{"result", "sent"}}, number(status.counters.get(Count::edits_sent))},
          {{{"result", "failed"}}, number(status.counters.get(Count::edits_failed))}};
}

MetricSamples milter_errors(const Status& status) {
  return {{{{"kind", "internal"}}, number(status.counters.get(Count::exceptions))},
          {{{"kind", "connection-refused"}}, number(status.counters.get(Count::connections_refused))},
          {{{"kind", "edit-rejected"}}, number(status.counters.get(Count::edits_failed))}};
}

MetricSamples snapshot_time(const Status& status) {
  return by_relay(status, [](const Relay& relay) { return seconds(relay.newest.time); });
}

MetricSamples snapshot_usable(const Status& status) {
  const auto now = std::chrono::system_clock::now();
  return by_relay(status, [&](const Relay& relay) { return why_unusable(relay, now).empty() ? 1.0 : 0.0; });
}

MetricSamples relay_rewrites(const Status& status) {
  return by_relay(status, [](const Relay& relay) { return relay.mode == Mode::rewrite ? 1.0 : 0.0; });
}

MetricSamples snapshot_entries(const Status& status) {
  MetricSamples samples;
  for (const RelaySettings& settings : status.settings.relays) {
    const Relay* relay = status.data_of(settings);
    if (relay == nullptr) continue;
    for (const auto& [table, entries] : relay->entries) {
      samples.push_back({{{"relay", settings.name}, {"table", table}}, number(entries)});
    }
  }
  return samples;
}

MetricSamples snapshot_generation(const Status& status) {
  return {{{}, number(1 + status.counters.get(Count::reloads) + status.counters.get(Count::refreshes))}};
}

MetricSamples reload_successful(const Status& status) { return {{{}, status.has_reload_failed ? 0.0 : 1.0}}; }

MetricSamples reload_time(const Status& status) { return {{{}, seconds(status.loaded)}}; }

MetricSamples table_lookups(const Status& status) {
  MetricSamples samples;
  for (const auto& [table, counts] : status.live_tables) {
    const auto add = [&](const char* result, std::uint64_t count) {
      samples.push_back({{{"table", table}, {"result", result}}, number(count)});
    };
    add("found", counts.found);
    add("absent", counts.absent);
    add("failed", counts.failed);
    add("cached", counts.cached);
  }
  return samples;
}

MetricSamples table_durations(const Status& status) {
  MetricSamples samples;
  for (const auto& [table, counts] : status.live_tables) {
    MetricSample sample{{{"table", table}}, counts.seconds, {}, counts.asked};
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i < LiveCounts::bounds.size(); ++i) {
      cumulative += counts.within[i];
      sample.buckets.emplace_back(LiveCounts::bounds[i], cumulative);
    }
    samples.push_back(std::move(sample));
  }
  return samples;
}

MetricSamples tables_up(const Status& status) {
  MetricSamples samples;
  for (const auto& [table, counts] : status.live_tables) {
    samples.push_back({{{"table", table}}, counts.is_paused ? 0.0 : 1.0});
  }
  return samples;
}

MetricSamples log_lines_lost(const Status& status) { return {{{}, number(status.log_lines_lost)}}; }

using enum MetricType;

constexpr std::array all_metrics = {
    MetricRow{"shorthop_build_info", gauge, "Always 1; the label has the version.", build_info},
    MetricRow{"shorthop_start_time_seconds", gauge, "When the daemon started.", start_time},
    MetricRow{"shorthop_sessions", gauge, "Open connections of the MTA.", sessions},
    MetricRow{"shorthop_messages_total", counter, "Messages seen up to DATA or to their end.",
              count_of<Count::messages>},
    MetricRow{"shorthop_messages_rewritten_total", counter, "Messages with a recipient replaced.",
              count_of<Count::messages_rewritten>},
    MetricRow{"shorthop_recipients_total", counter,
              "Recipients that were decided on, by relay, decision, disposition and reason.", recipients},
    MetricRow{"shorthop_hops_saved_total", counter,
              "SMTP transactions that were avoided (mode rewrite) or would have been avoided (mode observe); size says "
              "whether their bytes are known.",
              hops_saved},
    MetricRow{"shorthop_saved_bytes_total", counter,
              "Bytes of the SMTP transactions in shorthop_hops_saved_total, as declared by SIZE.", saved_bytes},
    MetricRow{"shorthop_predictions_total", counter,
              "Recipients whose mail went to the primary, by the result of the prediction.", predictions},
    MetricRow{"shorthop_round_trips_missed_total", counter,
              "Recipients whose mail came back although that was not predicted, by the reason why they were kept.",
              missed},
    MetricRow{"shorthop_refuted_recipients", gauge, "Recipients that are kept because a prediction was refuted.",
              refuted},
    MetricRow{"shorthop_edits_total", counter, "Messages with edits, by whether all edits could be sent to the MTA.",
              edits},
    MetricRow{"shorthop_milter_errors_total", counter, "What went wrong between the MTA and the milter.",
              milter_errors},
    MetricRow{"shorthop_relay_rewrites", gauge, "1: recipients of the relay are replaced; 0: they are only observed.",
              relay_rewrites},
    MetricRow{"shorthop_snapshot_timestamp_seconds", gauge, "The time of the relay's data.", snapshot_time},
    MetricRow{"shorthop_snapshot_usable", gauge,
              "0: the relay's data must not be used: it is too old, incomplete or not loaded yet, or it has shrunk.",
              snapshot_usable},
    MetricRow{"shorthop_snapshot_entries", gauge, "Entries of a table of the relay.", snapshot_entries},
    MetricRow{"shorthop_snapshot_generation", gauge, "How often data was put into force since the daemon started.",
              snapshot_generation},
    MetricRow{"shorthop_config_last_reload_successful", gauge, "0: the last reload kept the old settings.",
              reload_successful},
    MetricRow{"shorthop_config_last_reload_success_timestamp_seconds", gauge, "When the settings in force were loaded.",
              reload_time},
    MetricRow{"shorthop_table_lookups_total", counter,
              "Look-ups in live tables; cached: answered by an earlier look-up.", table_lookups},
    MetricRow{"shorthop_table_lookup_duration_seconds", histogram, "Duration of look-ups in live tables.",
              table_durations},
    MetricRow{"shorthop_table_up", gauge, "0: a live table failed, and is not asked for some seconds.", tables_up},
    MetricRow{"shorthop_log_lines_lost_total", counter, "Log lines that standard error or the journal did not accept.",
              log_lines_lost},
};

}  // namespace

std::span<const MetricRow> metric_rows() { return all_metrics; }

}  // namespace shorthop
