#include "daemon/status.h"

#include <unistd.h>

#include "session/refutations.h"
#include "support/catch.h"

using namespace shorthop;

namespace {

struct StatusFixture {
  StatusFixture() {
    settings.file = "/etc/shorthop/shorthop.conf";
    settings.socket = Endpoint::unix_socket("/run/m");
    RelaySettings relay;
    relay.name = "example.org";
    relay.domains.value = {"example.org", "example.net"};
    relay.primary.value = "mail.\"example\".org";
    relay.mode = Mode::rewrite;
    settings.relays.push_back(relay);
    counters.add_totals("example.org\thops-saved\t42\n");
    Outcome outcome;
    outcome.reports.resize(1);
    Decision decision;
    decision.reason = Reason::foreign_target;
    outcome.reports[0].decision = std::make_shared<const Decision>(std::move(decision));
    counters.add_message(outcome);
  }
  Settings settings;
  Snapshot snapshot;
  Counters counters;
  Status status{settings,
                snapshot,
                counters,
                std::chrono::system_clock::time_point(std::chrono::seconds(0)),
                std::chrono::system_clock::time_point(std::chrono::seconds(86400)),
                7};
};

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE_METHOD(StatusFixture, "the status has a line for each fact", "[daemon][status]") {
  const auto text = status_text(status);
  CHECK(contains(text, "\nprocess                  " + std::to_string(::getpid()) + "\n"));
  CHECK(contains(text, "\nstarted                  1970-01-01T00:00:00Z\n"));
  CHECK(contains(text, "\nloaded                   1970-01-02T00:00:00Z\n"));
  CHECK(contains(text,
                 "relay                    example.org mode=rewrite primary=mail.\"example\".org "
                 "domains=example.org,example.net\n"));
  CHECK(contains(text, "\nhops-saved               42\n"));
  CHECK(contains(text, "\nlog-lines-lost           7\n"));
  CHECK(contains(text,
                 "\npredictions              example.org confirmed=0 refuted=0 open=0 missed=0 kept-as-refuted=0 "
                 "confirmed-since-refuted=0\n"));
  CHECK(contains(text, "\nrecipients               kept foreign-target 1\n"));
  CHECK_FALSE(contains(text, "loop"));  // reasons that never occurred are left out
}

TEST_CASE_METHOD(StatusFixture, "as JSON the status is one object on one line", "[daemon][status]") {
  const auto json = status_json(status);
  CHECK(json.starts_with("{\"version\":\""));
  CHECK(json.ends_with(R"("recipients":[{"disposition":"kept","reason":"foreign-target","number":1}]})"));
  CHECK(contains(json, R"("relays":[{"name":"example.org","mode":"rewrite","primary":"mail.\"example\".org",)"
                       R"("domains":["example.org","example.net"]}])"));
  CHECK(contains(json, R"("hops-saved":42,)"));
  CHECK(contains(json, R"("log-lines-lost":7,)"));
  CHECK(contains(json, R"("predictions":[{"relay":"example.org","confirmed":0,"refuted":0,"open":0,"missed":0,)"
                       R"("kept-as-refuted":0,"confirmed-since-refuted":0}])"));
  CHECK_FALSE(contains(json, "\n"));
}

TEST_CASE_METHOD(StatusFixture, "a directory of state that cannot be written is shown", "[daemon][status]") {
  CHECK_FALSE(contains(status_text(status), "state-not-written"));
  CHECK(contains(status_json(status), R"("state-not-written":"",)"));
  status.state_failure = "/state is not a directory";
  CHECK(contains(status_text(status), "\nstate-not-written        /state is not a directory\n"));
  CHECK(contains(status_json(status), R"("state-not-written":"/state is not a directory",)"));
}

TEST_CASE_METHOD(StatusFixture, "the results of predictions are one line for each relay, for `shorthop check`",
                 "[daemon][status]") {
  auto refutations = std::make_shared<Refutations>();
  refutations->insert({"example.org", "a@example.org", "a@example.com", "b@example.com", "1"});
  snapshot.refutations = refutations;
  PredictionReport report;
  report.awaited.relay = "example.org";
  for (const auto result : {PredictionResult::confirmed, PredictionResult::refuted, PredictionResult::confirmed}) {
    report.result = result;
    counters.add_prediction(report);
  }
  CHECK(status_predictions(status) == "example.org\t2\t1\t0\t0\t1\t1\n");
  CHECK(contains(status_text(status), "refuted=1 open=0 missed=0 kept-as-refuted=1 confirmed-since-refuted=1\n"));
  counters.begin_confirming("example.org");
  CHECK(status_predictions(status) == "example.org\t2\t1\t0\t0\t1\t0\n");
}

TEST_CASE_METHOD(StatusFixture,
                 "a file name can neither forge a line of the status nor send control characters to the terminal",
                 "[daemon][status]") {
  settings.relays[0].name = "a\nversion 0\x1b[2J\xc3\xbc";
  settings.file = "/etc/\x1b]0;title\x07";
  const auto text = status_text(status);
  CHECK(contains(text, R"(relay                    a\x0aversion 0\x1b[2J\xc3\xbc mode=rewrite)"));
  CHECK(contains(text, R"(settings                 /etc/\x1b]0;title\x07)"));
}

TEST_CASE_METHOD(StatusFixture, "the status says how old the data of a relay is, and why newer data is not in force",
                 "[daemon][status]") {
  auto relay = std::make_shared<Relay>();
  relay->name = "example.org";
  relay->newest = {std::chrono::system_clock::time_point(std::chrono::seconds(3600)), "/copies/aliases"};
  relay->loaded = std::chrono::system_clock::time_point(std::chrono::seconds(7200));
  relay->pending = "a file was cut";
  relay->fingerprint = "0011223344556677";
  snapshot.relay_by_domain["example.org"] = relay;
  CHECK(contains(status_text(status),
                 "domains=example.org,example.net data=1970-01-01T01:00:00Z file=/copies/aliases "
                 "loaded=1970-01-01T02:00:00Z generation=0011223344556677 pending=\"a file was cut\"\n"));
  CHECK(contains(
      status_json(status),
      R"("data":"1970-01-01T01:00:00Z","file":"/copies/aliases","loaded":"1970-01-01T02:00:00Z",)"
      R"("generation":"0011223344556677",)"
      R"("observe-because":"","not-accepted":"","keeps-all":"","held-back":"","stale":"","pending":"a file was cut","pull-failed":""}])"));
  relay->primary.unproven = LookupFailure{"there is no postconf", FailureKind::not_mirrored};
  CHECK(contains(status_text(status), " keeps-all=\"there is no postconf\" pending="));
  CHECK(contains(status_json(status), R"("keeps-all":"there is no postconf")"));
  relay->primary.unproven.reset();
  relay->unaccepted = "content-filter, milters";
  CHECK(contains(status_text(status), " not-accepted=\"content-filter, milters\" pending="));
  CHECK(contains(status_json(status), R"("not-accepted":"content-filter, milters")"));
  relay->max_age = std::chrono::hours(48);
  CHECK(contains(status_text(status), " stale=\"the newest file, /copies/aliases, is "));
  CHECK(contains(status_text(status), " days old; max-age is 48 hours\""));
}

TEST_CASE_METHOD(StatusFixture, "a domain that has moved to another relay does not show that relay's data",
                 "[daemon][status]") {
  auto other = std::make_shared<Relay>();
  other->name = "other";
  other->fingerprint = "the other's";
  snapshot.relay_by_domain["example.org"] = other;
  CHECK_FALSE(contains(status_text(status), "the other's"));
  CHECK_FALSE(contains(status_json(status), "the other's"));
  CHECK(status_generations(status).empty());
  auto own = std::make_shared<Relay>();
  own->name = "example.org";
  own->fingerprint = "its own";
  snapshot.relay_by_domain["example.net"] = own;
  CHECK(contains(status_text(status), " generation=its own"));
}
