// The metrics: their names follow the rules of Prometheus, their values come from the counters, and the files in
// packaging/prometheus use only names that exist.
#include "daemon/metrics/metrics.h"

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "daemon/metrics/prometheus_text.h"
#include "session/refutations.h"
#include "support/catch.h"

using namespace shorthop;

namespace {

/// A daemon with one relay, a live table, and counts of every kind.
struct MeasuredDaemon {
  MeasuredDaemon() {
    RelaySettings relay_settings;
    relay_settings.name = "example.org";
    relay_settings.domains.value = {"example.org"};
    settings.relays.push_back(relay_settings);
    auto relay = std::make_shared<Relay>();
    relay->name = "example.org";
    relay->mode = Mode::rewrite;
    relay->newest.time = std::chrono::system_clock::time_point(std::chrono::seconds(1000));
    relay->entries = {{"text:/a", 7}};
    snapshot.relay_by_domain["example.org"] = relay;
    auto refutations = std::make_shared<Refutations>();
    refutations->insert({"example.org", "x@example.org", "y@example.com", "z@example.com", ""});
    snapshot.refutations = refutations;
    counters.add_totals(
        "\tmessages\t9\nexample.org\thops-saved\t5\nexample.org\thops-saved-unsized\t2\n"
        "example.org\tbytes-saved\t3000\nexample.org\thops-observed\t4\nexample.org\tbytes-observed\t100\n"
        "example.org\tpredictions-confirmed\t8\nexample.org\tpredictions-missed\t1\nexample.org\tmissed loop\t1\n"
        "example.org\trecipients kept foreign-target\t3\nexample.org\trecipients replaced all-local\t2\n");
    counters.add(Count::connections, 3);
    counters.add(Count::connections_ended, 1);
    LiveCounts table;
    table.found = 2;
    table.cached = 1;
    table.add_time(std::chrono::milliseconds(3));
    table.add_time(std::chrono::seconds(60));
    table.is_paused = true;
    status.live_tables = {{"mysql:/etc/x\"y.cf", table}};
  }
  std::string text() const {
    const auto made = prometheus_text(status);
    return made ? *made : std::string();
  }
  bool has(const std::string& line) const { return ("\n" + text()).find("\n" + line + "\n") != std::string::npos; }

  Settings settings;
  Snapshot snapshot;
  Counters counters;
  Status status{settings,
                snapshot,
                counters,
                std::chrono::system_clock::time_point(std::chrono::seconds(1)),
                std::chrono::system_clock::time_point(std::chrono::seconds(2)),
                7,
                true,
                {}};
};

std::set<std::string> names_in(const std::string& file) {
  std::ifstream stream(std::string(SHORTHOP_SOURCE_DIR "/packaging/prometheus/") + file);
  std::stringstream text;
  text << stream.rdbuf();
  std::set<std::string> names;
  const std::string content = text.str();
  const std::regex name("shorthop_[a-z_]+");
  for (std::sregex_iterator found(content.begin(), content.end(), name), end; found != end; ++found)
    names.insert(found->str());
  return names;
}

std::set<std::string> exported_names() {
  std::set<std::string> names;
  for (const MetricRow& row : metric_rows()) {
    names.emplace(row.name);
    if (row.type != MetricType::histogram) continue;
    for (const char* suffix : {"_bucket", "_sum", "_count"}) names.insert(std::string(row.name) + suffix);
  }
  return names;
}

}  // namespace

TEST_CASE("names of metrics: a prefix, base units, _total for counters only", "[daemon][metrics]") {
  std::set<std::string_view> names;
  for (const MetricRow& row : metric_rows()) {
    INFO(row.name);
    CHECK(names.insert(row.name).second);
    CHECK(row.name.starts_with("shorthop_"));
    CHECK(row.name.ends_with("_total") == (row.type == MetricType::counter));
    CHECK(row.meaning.ends_with('.'));
    for (const char* unit : {"milli", "kilo", "minutes", "hours"}) CHECK(row.name.find(unit) == row.name.npos);
  }
}

TEST_CASE_METHOD(MeasuredDaemon, "every metric has a value as soon as there is something to count",
                 "[daemon][metrics]") {
  for (const MetricRow& row : metric_rows()) {
    INFO(row.name);
    CHECK_FALSE(row.samples(status).empty());
  }
}

TEST_CASE_METHOD(MeasuredDaemon, "the text has the counted values", "[daemon][metrics]") {
  if (!prometheus_text(status)) return;  // built without prometheus-cpp
  CHECK(has("shorthop_messages_total 9"));
  CHECK(has("shorthop_sessions 2"));
  CHECK(has(R"(shorthop_hops_saved_total{relay="example.org",mode="rewrite",size="declared"} 3)"));
  CHECK(has(R"(shorthop_hops_saved_total{relay="example.org",mode="rewrite",size="unknown"} 2)"));
  CHECK(has(R"(shorthop_hops_saved_total{relay="example.org",mode="observe",size="declared"} 4)"));
  CHECK(has(R"(shorthop_saved_bytes_total{relay="example.org",mode="rewrite",size="declared"} 3000)"));
  CHECK(has(R"(shorthop_predictions_total{relay="example.org",result="confirmed"} 8)"));
  CHECK(has(R"(shorthop_round_trips_missed_total{relay="example.org",reason="loop"} 1)"));
  // A counter that is absent until its first event would appear as 1. Prometheus does not see this as an increase, and
  // the alert rule would miss the event. So the counter is there from the start, as 0.
  CHECK(has(R"(shorthop_round_trips_missed_total{relay="example.org",reason="command-target"} 0)"));
  CHECK(has(R"(shorthop_refuted_recipients{relay="example.org"} 1)"));
  CHECK(
      has("shorthop_recipients_total{relay=\"example.org\",decision=\"keep\",disposition=\"kept\","
          "reason=\"foreign-target\"} 3"));
  CHECK(has(R"(shorthop_snapshot_timestamp_seconds{relay="example.org"} 1000)"));
  CHECK(has(R"(shorthop_snapshot_entries{relay="example.org",table="text:/a"} 7)"));
  CHECK(has("shorthop_config_last_reload_successful 0"));
  CHECK(has(R"(shorthop_table_up{table="mysql:/etc/x\"y.cf"} 0)"));
  CHECK(has(R"(shorthop_table_lookup_duration_seconds_bucket{table="mysql:/etc/x\"y.cf",le="0.005"} 1)"));
  CHECK(has(R"(shorthop_table_lookup_duration_seconds_bucket{table="mysql:/etc/x\"y.cf",le="+Inf"} 2)"));
  CHECK(has(R"(shorthop_table_lookup_duration_seconds_count{table="mysql:/etc/x\"y.cf"} 2)"));
  CHECK(has("# TYPE shorthop_messages_total counter"));
}

TEST_CASE_METHOD(MeasuredDaemon, "the metrics contain no address", "[daemon][metrics]") {
  CHECK(text().find('@') == std::string::npos);
}

TEST_CASE("alert rules and dashboard use metrics that exist", "[daemon][metrics]") {
  const auto exported = exported_names();
  for (const char* file : {"shorthop.rules.yml", "grafana-dashboard.json"}) {
    const auto used = names_in(file);
    CHECK(used.size() >= 8);
    for (const std::string& name : used) {
      INFO(file << ": " << name);
      CHECK(exported.contains(name));
    }
  }
}
