// The file that keeps open predictions and refuted recipients across a restart.
#include "load/prediction_memory.h"

#include "support/catch.h"

namespace shorthop::test {
namespace {

using namespace std::chrono_literals;

constexpr Predictions::Time remembered_at{1000h};

Outgoing outgoing(const std::string& queue_id) {
  return {queue_id,
          "mail.example.com",
          "<m@example.net>",
          {{"example.org",
            "x@example.org",
            "rfc822;x@example.org",
            Reason::all_local,
            {"y@example.com", "\"a b\"@example.com"},
            "1f"},
           {"example.org", "k@example.org", "", Reason::command_target, {}, "1f"}}};
}

Returned remembered_return(const std::string& recipient) {
  Returned returned{"B1", {"example.org"}, {{recipient, ""}}, {{"mail.example.com", "Q1"}}, ""};
  returned.came_from_here = true;
  return returned;
}

}  // namespace

TEST_CASE("open predictions and refuted recipients survive a restart", "[load][predictions]") {
  Predictions before({});
  Refutations refuted;
  refuted.insert({"example.org", "r@example.org", "a@example.com b@example.com", "z@example.com", "1f"});
  before.add(outgoing("Q1"), remembered_at);
  before.add(outgoing("Q2"), remembered_at + 60s);
  before.receive(remembered_return("\"a b\"@example.com"), remembered_at);
  before.receive(remembered_return("stranger@example.com"), remembered_at);
  const std::string text = encoded_predictions(before, refuted);

  Predictions after({});
  Refutations refuted_after;
  decode_predictions(text, after, refuted_after);
  CHECK(encoded_predictions(after, refuted_after) == text);
  CHECK(refuted_after.count("example.org") == 1);
  const auto reports = after.receive(remembered_return("y@example.com"), remembered_at + 1min);
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].result == PredictionResult::confirmed);
  CHECK(reports[0].queue_id == "Q1");
  CHECK(after.expire(remembered_at + 1h).size() == before.expire(remembered_at + 1h).size() - 1);
  CHECK(after.size() == 1);
}

TEST_CASE("damaged lines of the file are ignored", "[load][predictions]") {
  Predictions predictions({});
  Refutations refutations;
  decode_predictions(
      "nonsense\n\nrecipient\ta\tb\nexpected\tx\nmessage\tQ1\thost\t<m>\tnot-a-time\talone\n"
      "recipient\tr\tx@example.org\t\tall-local\t1\twaiting\nexpected\ty@example.com\n"
      "message\tQ2\thost\t<m>\t99999999999999999999\talone\nmessage\tQ3\thost\t<m>\t1000\tothers\n"
      "recipient\tr\tx@example.org\t\tno-such-reason\t1\twaiting\n"
      "message\tQ4\thost\t<m>\t1000\tothers\nrecipient\tr\tx@example.org\t\tall-local\t1\twaiting\nexpected\ty@example."
      "com\n"
      "refutation\ta\n",
      predictions, refutations);
  REQUIRE(predictions.size() == 1);
  CHECK(predictions.all().front()->sent.queue_id == "Q4");
  CHECK(refutations.all().empty());
}

TEST_CASE("a file of any size, or with times in the future, exceeds neither the memory limit nor return-time",
          "[load][predictions]") {
  std::string text =
      "message\tQ\thost\t<m>\t253402300799\talone\n"  // in the year 9999, which system_clock cannot hold
      "recipient\tr\tx@example.org\t\tall-local\t1\twaiting\nexpected\ty@example.com\n";
  for (int i = 0; i < 5000; ++i) {
    text += "message\tQ" + std::to_string(i) + "\thost\t<m>\t4102444800\talone\n" +
            "recipient\tr\tx@example.org\t\tall-local\t1\twaiting\nexpected\ty@example.com\n";
  }
  Predictions predictions({.return_time = 1h, .max_bytes = 100'000, .max_unassigned = 20});
  Refutations refutations;
  decode_predictions(text, predictions, refutations);
  CHECK(predictions.size() > 50);
  CHECK(predictions.size() < 500);
  CHECK(predictions.all().front()->sent.queue_id == "Q0");
  CHECK(predictions.expire(remembered_at).empty());
  CHECK_FALSE(predictions.expire(remembered_at + 1h).empty());
  CHECK(predictions.size() == 0);
}

TEST_CASE("text from a client cannot add a line to the file", "[load][predictions]") {
  Predictions before({});
  Outgoing message = outgoing("Q1");
  message.message_id = "<a\nrefutation\tr\tx\ty\tz\t1>";
  before.add(message, remembered_at);
  Predictions after({});
  Refutations refutations;
  decode_predictions(encoded_predictions(before, {}), after, refutations);
  CHECK(after.size() == 1);
  CHECK(refutations.all().empty());
}

}  // namespace shorthop::test
