// What confirms a prediction and what refutes it. A script of events is run, and the results are compared as text.
#include "session/predictions.h"

#include <algorithm>

#include "session/refutations.h"
#include "support/catch.h"

namespace shorthop::test {
namespace {

using namespace std::chrono_literals;

const std::string host = "mail.example.com";

Awaited predicted(const std::string& recipient, std::vector<std::string> expected) {
  return {"example.org", recipient, "rfc822;" + recipient, Reason::all_local, std::move(expected), "1"};
}

Awaited kept(const std::string& recipient, Reason reason) {
  return {"example.org", recipient, "rfc822;" + recipient, reason, {}, "1"};
}

/// A message that comes from the primary, and whose header names the message Q1.
Returned back(std::vector<Arrival> arrivals) {
  return {.queue_id = "B1",
          .relays = {"example.org"},
          .arrivals = std::move(arrivals),
          .trace = {{host, "Q1"}},
          .message_id = "<m1>",
          .came_from_here = true};
}

Arrival plain(const std::string& recipient) { return {recipient, ""}; }
Arrival for_original(const std::string& recipient, const std::string& original) {
  return {recipient, "rfc822;" + original};
}

struct PredictionScript {
  void send(std::vector<Awaited> recipients, const std::string& queue_id = "Q1") {
    note(predictions.add({queue_id, host, "<m1>", std::move(recipients)}, now));
  }
  void receive(const Returned& returned) { note(predictions.receive(returned, now)); }
  void wait(std::chrono::seconds time) {
    now += time;
    note(predictions.expire(now));
  }
  /// "RESULT QUEUEID RECIPIENT [CAME_FOR]" of each report since the last call.
  std::vector<std::string> said() { return std::exchange(said_, {}); }

  void note(const Predictions::Reports& reports) {
    for (const PredictionReport& report : reports) {
      std::string line = std::string(name_of(report.result)) + " " + report.queue_id + " " + report.awaited.recipient;
      if (!report.came_for.empty()) line += " " + report.came_for;
      said_.push_back(std::move(line));
    }
  }

  Predictions predictions{{}};
  Predictions::Time now{1000h};
  std::vector<std::string> said_;
};

using Said = std::vector<std::string>;

}  // namespace

TEST_CASE_METHOD(PredictionScript, "mail that comes back as predicted confirms the prediction at once",
                 "[session][predictions]") {
  send({predicted("x@example.org", {"y@example.com"})});
  CHECK(said().empty());
  receive(back({plain("Y@Example.com")}));
  CHECK(said() == Said{"confirmed Q1 x@example.org Y@Example.com"});
  wait(2h);
  CHECK(said().empty());
  CHECK(predictions.size() == 0);
}

TEST_CASE_METHOD(PredictionScript, "mail that comes back for somebody else refutes the prediction",
                 "[session][predictions]") {
  send({predicted("x@example.org", {"y@example.com"})});
  receive(back({plain("z@example.com")}));
  CHECK(said() == Said{"refuted Q1 x@example.org z@example.com"});
  receive(back({plain("y@example.com"), plain("q@example.com")}));
  wait(2h);
  CHECK(said().empty());  // one result for a recipient
}

TEST_CASE_METHOD(PredictionScript, "a further copy for somebody else refutes a confirmed prediction",
                 "[session][predictions]") {
  send({predicted("x@example.org", {"y@example.com"})});
  receive(back({plain("y@example.com")}));
  receive(back({plain("z@example.com")}));
  CHECK(said() == Said{"confirmed Q1 x@example.org y@example.com", "refuted Q1 x@example.org z@example.com"});
}

TEST_CASE_METHOD(PredictionScript, "mail must come back for all of several targets, in any number of messages",
                 "[session][predictions]") {
  send({predicted("x@example.org", {"y@example.com", "z@example.com"})});
  receive(back({plain("z@example.com")}));
  CHECK(said().empty());
  receive(back({plain("z@example.com")}));  // a second copy
  CHECK(said().empty());
  receive(back({plain("y@example.com")}));
  CHECK(said() == Said{"confirmed Q1 x@example.org y@example.com"});
}

TEST_CASE_METHOD(PredictionScript, "mail that does not come back within the hour leaves the prediction open",
                 "[session][predictions]") {
  send({predicted("x@example.org", {"y@example.com"})});
  wait(59min);
  CHECK(said().empty());
  wait(1min);
  CHECK(said() == Said{"open Q1 x@example.org"});
  receive(back({plain("z@example.com")}));
  CHECK(said().empty());
}

TEST_CASE_METHOD(PredictionScript,
                 "mail that comes back although that was not predicted counts as missed, once for each target",
                 "[session][predictions]") {
  send({kept("list@example.org", Reason::command_target)});
  receive(back({plain("y@example.com"), plain("z@example.com"), plain("y@example.com")}));
  CHECK(said() == Said{"missed Q1 list@example.org y@example.com", "missed Q1 list@example.org z@example.com"});
  wait(2h);
  CHECK(said().empty());
}

TEST_CASE_METHOD(PredictionScript, "RFC 3461, 4.2: ORCPT tells to which recipient a copy belongs",
                 "[session][predictions]") {
  send({predicted("a@example.org", {"y@example.com"}), predicted("b@example.org", {"y@example.com"}),
        kept("c@example.org", Reason::excluded)});
  receive(back({for_original("y@example.com", "+62@example.org")}));
  CHECK(said() == Said{"confirmed Q1 b@example.org y@example.com"});
  receive(back({for_original("z@example.com", "a@example.org")}));
  CHECK(said() == Said{"refuted Q1 a@example.org z@example.com"});
  receive(back({for_original("y@example.com", "c@example.org")}));
  CHECK(said() == Said{"missed Q1 c@example.org y@example.com"});
}

TEST_CASE_METHOD(PredictionScript, "without ORCPT a copy confirms all predictions that expect its address",
                 "[session][predictions]") {
  send({predicted("a@example.org", {"y@example.com"}), predicted("b@example.org", {"y@example.com"})});
  receive(back({plain("y@example.com")}));
  CHECK(said() == Said{"confirmed Q1 a@example.org y@example.com", "confirmed Q1 b@example.org y@example.com"});
}

TEST_CASE_METHOD(PredictionScript,
                 "after the hour, an unexpected copy belongs to the only recipient whose copy is missing",
                 "[session][predictions]") {
  send({predicted("a@example.org", {"y@example.com"}), predicted("b@example.org", {"z@example.com"})});
  receive(back({plain("q@example.com")}));
  CHECK(said().empty());
  receive(back({plain("z@example.com")}));
  CHECK(said() == Said{"confirmed Q1 b@example.org z@example.com"});
  wait(1h);
  CHECK(said() == Said{"refuted Q1 a@example.org q@example.com"});
}

TEST_CASE_METHOD(PredictionScript, "a copy that may belong to several recipients refutes none of them",
                 "[session][predictions]") {
  send({predicted("a@example.org", {"y@example.com"}), predicted("b@example.org", {"z@example.com"})});
  receive(back({plain("q@example.com")}));
  wait(1h);
  CHECK(said() == Said{"missed Q1  q@example.com", "open Q1 a@example.org", "open Q1 b@example.org"});
}

TEST_CASE_METHOD(PredictionScript, "a Received field of another host with the same ID is ignored",
                 "[session][predictions]") {
  send({predicted("x@example.org", {"y@example.com"})});
  Returned other = back({plain("z@example.com")});
  other.trace = {{"mail.example.org", "Q1"}, {host, "Q2"}};
  other.message_id = "<m2>";
  receive(other);
  CHECK(said().empty());
  other.trace = {{"MAIL.example.com", "Q1"}};
  receive(other);
  CHECK(said() == Said{"refuted Q1 x@example.org z@example.com"});
}

TEST_CASE_METHOD(PredictionScript, "mail from a host of another relay, or of no relay, is ignored",
                 "[session][predictions]") {
  send({predicted("x@example.org", {"y@example.com"})});
  Returned stranger = back({plain("z@example.com")});
  stranger.relays = {"other.example"};
  receive(stranger);
  stranger.relays.clear();
  receive(stranger);
  CHECK(said().empty());
}

TEST_CASE_METHOD(PredictionScript, "mail without its Received fields is recognised by its Message-ID",
                 "[session][predictions]") {
  send({predicted("x@example.org", {"y@example.com"})}, "Q1");
  send({predicted("w@example.org", {"z@example.com"})}, "Q2");  // the same message, sent to each recipient alone
  Returned stripped = back({plain("y@example.com")});
  stripped.trace.clear();
  receive(stripped);
  CHECK(said() == Said{"confirmed Q1 x@example.org y@example.com"});
  stripped.arrivals = {for_original("q@example.com", "w@example.org")};
  receive(stripped);
  CHECK(said() == Said{"refuted Q2 w@example.org q@example.com"});
}

TEST_CASE_METHOD(PredictionScript,
                 "another message with the same Message-ID may have gone to the primary without passing this host",
                 "[session][predictions]") {
  send({predicted("x@example.org", {"y@example.com"})});
  Returned other = back({plain("z@example.com")});  // the client sent mail for another alias to the primary itself
  other.trace = {{"mail.example.org", "P1"}};
  receive(other);
  other.arrivals = {for_original("z@example.com", "w@example.org")};
  receive(other);
  CHECK(said().empty());
  receive(back({plain("y@example.com")}));
  wait(2h);
  CHECK(said() == Said{"confirmed Q1 x@example.org y@example.com"});
}

TEST_CASE_METHOD(PredictionScript,
                 "mail that a user forwards to the primary again does not refute the prediction of its first trip",
                 "[session][predictions]") {
  send({predicted("x@example.org", {"y@example.com"})});
  Returned second = back({for_original("z@example.com", "x@example.org")});
  second.host = host;
  // Newest first: the primary, this host's local(8) and its smtpd(8), the primary, and this host at the first trip.
  second.trace = {{"mail.example.org", "P2"}, {host, "Q3"}, {host, "Q2"}, {"mail.example.org", "P1"}, {host, "Q1"}};
  receive(second);
  CHECK(said().empty());
  second.trace.erase(second.trace.begin(), second.trace.begin() + 3);
  receive(second);
  CHECK(said() == Said{"refuted Q1 x@example.org z@example.com"});
}

TEST_CASE_METHOD(
    PredictionScript,
    "a message that passed a content filter here is found by any Received field that this host added to it",
    "[session][predictions]") {
  send({predicted("x@example.org", {"y@example.com"})});
  Returned filtered = back({plain("y@example.com")});
  filtered.host = host;
  filtered.trace = {{"mail.example.org", "P1"}, {host, "Q2"}, {"MAIL.example.com", "Q1"}, {"client.example.net", "C1"}};
  receive(filtered);
  CHECK(said() == Said{"confirmed Q1 x@example.org y@example.com"});
}

TEST_CASE_METHOD(PredictionScript, "the Received field of a filter on this host does not hide the fields before it",
                 "[session][predictions]") {
  send({predicted("x@example.org", {"y@example.com"})});
  Returned filtered = back({plain("z@example.com")});
  filtered.host = host;
  const TraceField from_filter{host, "Q2", "localhost", "127.0.0.1"};
  const TraceField of_filter{"localhost", "F1", "localhost", "127.0.0.1"};
  filtered.trace = {
      {"mail.example.org", "P1"}, from_filter, of_filter, {host, "Q1", "client.example.net", "192.0.2.99"}};
  receive(filtered);
  CHECK(said() == Said{"refuted Q1 x@example.org z@example.com"});
}

TEST_CASE_METHOD(PredictionScript, "mail that passed a filter on another host can confirm, but not refute",
                 "[session][predictions]") {
  send({predicted("x@example.org", {"y@example.com"})});
  Returned filtered = back({for_original("z@example.com", "x@example.org")});
  filtered.host = host;
  filtered.trace = {{"mail.example.org", "P1"},
                    {host, "Q2", "filter.example.com", "192.0.2.50"},
                    {"filter.example.com", "F1", host, "192.0.2.20"},
                    {host, "Q1", "client.example.net", "192.0.2.99"}};
  receive(filtered);
  CHECK(said().empty());
  filtered.arrivals = {plain("y@example.com")};
  filtered.message_id = "<another>";
  receive(filtered);
  CHECK(said().empty());
  filtered.message_id = "<m1>";
  receive(filtered);
  CHECK(said() == Said{"confirmed Q1 x@example.org y@example.com"});
}

TEST_CASE_METHOD(PredictionScript, "mail that a filter passed on by sendmail(1) refutes only with ORCPT",
                 "[session][predictions]") {
  send({predicted("x@example.org", {"y@example.com"})});
  Returned filtered = back({plain("z@example.com")});
  filtered.host = host;
  filtered.trace = {{"mail.example.org", "P1"}, {host, "Q2"}, {host, "Q1", "client.example.net", "192.0.2.99"}};
  receive(filtered);
  CHECK(said().empty());
  filtered.arrivals = {for_original("z@example.com", "x@example.org")};
  receive(filtered);
  CHECK(said() == Said{"refuted Q1 x@example.org z@example.com"});
}

TEST_CASE_METHOD(PredictionScript,
                 "mail that a user here forwards to the primary refutes no other recipient of the message",
                 "[session][predictions]") {
  Outgoing message{"Q1", host, "<m1>", {predicted("x@example.org", {"y@example.com"})}, true};
  note(predictions.add(message, now));
  Returned forwarded = back({plain("z@example.com")});
  forwarded.host = host;
  SECTION("in a message of its own, by local(8)") {
    forwarded.trace = {{"mail.example.org", "P1"}, {host, "Q2"}, {host, "Q1", "client.example.net", "192.0.2.99"}};
  }
  SECTION("in the same message, by an alias of this host") {
    forwarded.arrivals.push_back({"z@example.com", "rfc822;v@example.com"});
  }
  receive(forwarded);
  receive(back({for_original("y@example.com", "x@example.org")}));
  wait(2h);
  const auto results = said();
  CHECK(std::ranges::count(results, "confirmed Q1 x@example.org y@example.com") == 1);
  CHECK(std::ranges::none_of(results, [](const std::string& line) { return line.starts_with("refuted"); }));
}

TEST_CASE_METHOD(PredictionScript, "if the clock is set back, no prediction waits for longer than the return time",
                 "[session][predictions]") {
  send({predicted("x@example.org", {"y@example.com"})});
  wait(-48h);
  CHECK(said().empty());
  wait(1h);
  CHECK(said() == Said{"open Q1 x@example.org"});
}

TEST_CASE_METHOD(PredictionScript, "memory is bounded: the oldest message is given up as open",
                 "[session][predictions]") {
  predictions = Predictions({.return_time = 1h, .max_bytes = 100'000, .max_unassigned = 20});
  for (int i = 0; i < 10'000; ++i) {
    send({predicted("x@example.org", {"y@example.com"})}, "Q" + std::to_string(i));
  }
  CHECK(predictions.size() < 300);
  CHECK(predictions.size() > 50);
  const auto results = said();
  CHECK(results.size() + predictions.size() == 10'000);
  CHECK(results.front() == "open Q0 x@example.org");
  wait(1h);
  CHECK(predictions.size() == 0);
  CHECK_FALSE(predictions.awaits("example.org"));
}

TEST_CASE_METHOD(PredictionScript, "one message cannot fill the memory with copies", "[session][predictions]") {
  send({predicted("a@example.org", {"y@example.com"}), predicted("b@example.org", {"z@example.com"})});
  for (int i = 0; i < 1000; ++i) receive(back({plain("q" + std::to_string(i) + "@example.com")}));
  CHECK(predictions.all().front()->unassigned.size() == 20);
}

TEST_CASE_METHOD(PredictionScript, "if a queue ID is used again, the old message is given up as open",
                 "[session][predictions]") {
  send({predicted("x@example.org", {"y@example.com"})});
  send({predicted("w@example.org", {"z@example.com"})});
  CHECK(said() == Said{"open Q1 x@example.org"});
  CHECK(predictions.size() == 1);
  CHECK(predictions.awaits("example.org"));
}

TEST_CASE("the control sample has about the share that is set, and is the same each time", "[session][predictions]") {
  int chosen = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::string id = "4XyZ" + std::to_string(i);
    chosen += is_control_sample(id, 5) ? 1 : 0;
    REQUIRE(is_control_sample(id, 5) == is_control_sample(id, 5));
    REQUIRE((!is_control_sample(id, 5) || is_control_sample(id, 6)));
  }
  CHECK(chosen > 4'500);
  CHECK(chosen < 5'500);
  CHECK_FALSE(is_control_sample("", 100));
  CHECK_FALSE(is_control_sample("4XyZ", 0));
  CHECK(is_control_sample("4XyZ", 100));
}

TEST_CASE("a refuted recipient is found until the data of its relay changes", "[session][refutations]") {
  Refutations refutations;
  const std::string to = expected_text({"b@example.com", "y@example.com"});
  refutations.insert({"r", "x@example.org", expected_text({"y@example.com", "b@example.com"}), "z@example.com", "1"});
  const auto found = refutations.find("r", "1", "x@example.org");
  REQUIRE(found);
  CHECK(found->expected == to);
  CHECK(found->came_for == "z@example.com");
  CHECK_FALSE(refutations.find("r", "2", "x@example.org"));
  CHECK_FALSE(refutations.find("other", "1", "x@example.org"));
  CHECK(refutations.count("r") == 1);
  refutations.keep_only("other", "2");
  refutations.keep_only("r", "1");
  CHECK(refutations.count("r") == 1);
  refutations.keep_only("r", "2");
  CHECK(refutations.count("r") == 0);
  CHECK(refutations.all().empty());
  CHECK(refutations.empty());
}

TEST_CASE("the number of refuted recipients is bounded; the oldest is forgotten", "[session][refutations]") {
  Refutations refutations;
  for (std::size_t i = 0; i <= Refutations::max_entries; ++i) {
    refutations.insert({"r", std::to_string(i) + "@example.org", "y@example.com", "z@example.com", "1"});
  }
  const auto all = refutations.all();
  CHECK(all.size() == Refutations::max_entries);
  CHECK(all.front().recipient == "1@example.org");
}

}  // namespace shorthop::test
