// The state of a live table: cached answers, and the pause after failures.
#include "tables/types/live_answers.h"

#include <atomic>
#include <thread>
#include <vector>

#include "support/catch.h"
#include "tables/types/backends.h"

namespace shorthop::test {
namespace {

using namespace std::chrono_literals;

/// A table whose answers the test chooses.
struct Server {
  Lookup answer = Entry{"x", 0};
  std::chrono::milliseconds time{0};
  std::atomic<int> asked = 0;

  LiveAnswers::Ask ask() {
    return [this](const std::string&, Deadline deadline) -> Lookup {
      ++asked;
      const auto end = std::chrono::steady_clock::now() + time;
      std::this_thread::sleep_until(std::min(end, deadline));
      if (end > deadline) return std::unexpected(LookupFailure{"too late", FailureKind::timeout});
      return answer;
    };
  }
};

std::string answer_text(const Lookup& answer) {
  if (!answer) return answer.error().text();
  return *answer ? (*answer)->value : "absent";
}

const Lookup refused = std::unexpected(LookupFailure{"refused", FailureKind::unavailable});

}  // namespace

TEST_CASE("cache-ttl: answers are cached, also the answer that a key is absent; a load forgets them",
          "[tables][live]") {
  Server server;
  LiveAnswers answers({.cache_ttl = 500ms});
  for (int i = 0; i < 3; ++i) CHECK(answer_text(answers.find("ann", no_deadline, server.ask())) == "x");
  CHECK(server.asked == 1);
  server.answer = std::nullopt;
  for (int i = 0; i < 3; ++i) CHECK(answer_text(answers.find("bob", no_deadline, server.ask())) == "absent");
  CHECK(server.asked == 2);
  std::this_thread::sleep_for(510ms);
  CHECK(answer_text(answers.find("ann", no_deadline, server.ask())) == "absent");
  answers.renew({});
  answers.find("ann", no_deadline, server.ask());
  CHECK(server.asked == 4);
}

TEST_CASE("a changed table file ends the pause of its table and drops the answers", "[tables][live]") {
  Server server;
  Backends backends;
  backends.use({{.max_wait = 50ms, .pause = 1h}, ""});
  server.time = 1s;
  const auto before = backends.answers("mysql:/t.cf", "password = old");
  before->find("ann", no_deadline, server.ask());
  CHECK(before->counts().is_paused);
  CHECK(backends.answers("mysql:/t.cf", "password = old") == before);
  CHECK(before->counts().is_paused);
  server.time = 0ms;
  const auto after = backends.answers("mysql:/t.cf", "password = new");
  CHECK(answer_text(after->find("ann", no_deadline, server.ask())) == "x");
  CHECK(after->counts().failed == 1);  // counted since the start
  const auto third = backends.answers("mysql:/t.cf", "dbname = another");
  CHECK(answer_text(after->find("bob", no_deadline, server.ask())) ==
        "x");  // a message that began before the change still uses `after`; `third` must not get its answer
  server.answer = std::nullopt;
  CHECK(answer_text(third->find("bob", no_deadline, server.ask())) == "absent");
}

TEST_CASE("a table that fails is reported once with the reason, and once when it answers again", "[tables][live]") {
  Server server;
  Backends backends;
  backends.use({{.cache_ttl = 0ms, .pause = 1ms}, ""});
  const auto table = backends.answers("mysql:/t.cf", "");
  const auto reported = [&] {
    std::string text;
    for (const TableNews& news : backends.table_news()) text += news.table + ": " + news.failure + "\n";
    return text;
  };
  const auto ask = [&](Lookup answer) {
    std::this_thread::sleep_for(2ms);
    server.answer = std::move(answer);
    table->find("ann", no_deadline, server.ask());
  };
  CHECK(reported().empty());
  ask(std::nullopt);
  ask(std::unexpected(LookupFailure{"not UTF-8", FailureKind::bad_data}));  // concerns one key only
  CHECK(reported().empty());
  ask(refused);
  ask(std::unexpected(LookupFailure{"another", FailureKind::unavailable}));
  CHECK(reported() == "mysql:/t.cf: refused\n");
  ask(refused);
  ask(std::nullopt);
  CHECK(reported().empty());  // it failed again before it answered, so it still counts as failing
  CHECK(reported() == "mysql:/t.cf: \n");
  CHECK(reported().empty());
  ask(refused);
  ask(std::nullopt);
  CHECK(reported() == "mysql:/t.cf: refused\n");
}

TEST_CASE("a table that failed is reported as answering only after an answer, not after a change of its file",
          "[tables][live]") {
  Server server;
  server.answer = refused;
  Backends backends;
  backends.use({});
  backends.answers("mysql:/t.cf", "password = old")->find("ann", no_deadline, server.ask());
  REQUIRE(backends.table_news().size() == 1);
  const auto renewed = backends.answers("mysql:/t.cf", "password = new");
  CHECK(backends.table_news().empty());
  server.answer = std::nullopt;
  renewed->find("ann", no_deadline, server.ask());
  const auto news = backends.table_news();
  REQUIRE(news.size() == 1);
  CHECK(news.front().failure.empty());
}

TEST_CASE("the state of a table is dropped when no load uses it any longer", "[tables][live]") {
  Backends backends;
  auto table = backends.answers("mysql:/generation-1/t.cf", "");
  backends.use({});
  CHECK(backends.live_counts().size() == 1);
  table.reset();
  backends.use({});
  CHECK(backends.live_counts().empty());
}

TEST_CASE("the number of answers is bounded: the oldest is dropped", "[tables][live]") {
  Server server;
  LiveAnswers answers({.max_entries = 2});
  for (const char* key : {"a", "b", "c", "b", "c", "a"}) answers.find(key, no_deadline, server.ask());
  CHECK(server.asked == 4);
}

TEST_CASE("lookup-timeout: a hung server costs one wait, is not asked for a while, and is then tried once",
          "[tables][live]") {
  Server server;
  server.time = 10s;
  LiveAnswers answers({.max_wait = 300ms, .pause = 1s});
  CHECK(answer_text(answers.find("a", no_deadline, server.ask())) == "too late");
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i) {
    CHECK(answer_text(answers.find("b", no_deadline, server.ask())).starts_with("it is not asked for some seconds"));
  }
  CHECK(std::chrono::steady_clock::now() - begun < 300ms);
  CHECK(server.asked == 1);
  std::this_thread::sleep_for(1010ms);
  std::vector<std::thread> callers;
  callers.reserve(8);
  for (int i = 0; i < 8; ++i) callers.emplace_back([&] { answers.find("c", no_deadline, server.ask()); });
  for (std::thread& caller : callers) caller.join();
  CHECK(server.asked == 2);
  server.time = 0s;
  std::this_thread::sleep_for(1010ms);
  CHECK(answer_text(answers.find("d", no_deadline, server.ask())) == "x");
  CHECK(answer_text(answers.find("e", no_deadline, server.ask())) == "x");
}

TEST_CASE("a quick failure may concern one key: only several in a row pause the table", "[tables][live]") {
  Server server;
  server.answer = refused;
  LiveAnswers answers({.failures_in_a_row = 3});
  for (int i = 0; i < 2; ++i) CHECK(answer_text(answers.find("a", no_deadline, server.ask())) == "refused");
  server.answer = std::nullopt;
  answers.find("b", no_deadline, server.ask());
  server.answer = refused;
  for (int i = 0; i < 5; ++i) answers.find("a", no_deadline, server.ask());
  CHECK(server.asked == 6);
  answers.renew({});
  CHECK(answer_text(answers.find("a", no_deadline, server.ask())).ends_with("because it failed: refused"));
}

TEST_CASE("a timeout of a message with little time left is not a failure of the server", "[tables][live]") {
  Server server;
  server.time = 100ms;
  LiveAnswers answers({.max_wait = 2s});
  CHECK(answer_text(answers.find("a", std::chrono::steady_clock::now() + 5ms, server.ask())) == "too late");
  CHECK(answer_text(answers.find("a", std::chrono::steady_clock::now() - 1ms, server.ask())) ==
        "there was no time left");
  CHECK(answer_text(answers.find("a", no_deadline, server.ask())) == "x");
}

TEST_CASE("a server that answers slowly is paused when a message has no time left", "[tables][live]") {
  Server server;
  server.time = 300ms;
  LiveAnswers answers({.max_wait = 500ms, .pause = 1h});
  const auto message = std::chrono::steady_clock::now() + 500ms;
  CHECK(answer_text(answers.find("a", message, server.ask())) == "x");
  CHECK(answer_text(answers.find("b", message, server.ask())) == "too late");
  CHECK(answer_text(answers.find("c", no_deadline, server.ask())).starts_with("it is not asked for some seconds"));
  CHECK(answer_text(answers.find("a", no_deadline, server.ask())) == "x");
  CHECK(server.asked == 2);
}

TEST_CASE("many answers that are a little slow count as much as one that is slow", "[tables][live]") {
  Server server;
  server.time = 60ms;
  LiveAnswers answers({.max_wait = 500ms, .pause = 1h});
  for (int key = 0; key < 5; ++key) answers.find(std::to_string(key), no_deadline, server.ask());
  server.time = 1s;
  const auto message = std::chrono::steady_clock::now() + 200ms;
  CHECK(answer_text(answers.find("late", message, server.ask())) == "too late");
  CHECK(answer_text(answers.find("last", no_deadline, server.ask())).starts_with("it is not asked for some seconds"));
}

TEST_CASE("a quick answer shows that a server is not slow", "[tables][live]") {
  Server server;
  LiveAnswers answers({.max_wait = 1s, .pause = 1h});
  for (const char* key : {"a", "b", "c", "d"}) {
    server.time = 400ms;
    CHECK(answer_text(answers.find(key, std::chrono::steady_clock::now() + 300ms, server.ask())) == "too late");
    server.time = 0ms;
    CHECK(answer_text(answers.find(key, no_deadline, server.ask())) == "x");
  }
}

TEST_CASE("the number of look-ups at once is limited; a look-up that waits in vain is a timeout", "[tables][live]") {
  Server server;
  server.time = 200ms;
  LiveAnswers answers({.max_wait = 2s, .at_once = 1});
  std::thread first([&] { answers.find("a", no_deadline, server.ask()); });
  while (server.asked == 0) std::this_thread::sleep_for(1ms);
  const Lookup second = answers.find("b", std::chrono::steady_clock::now() + 20ms, server.ask());
  CHECK(second.error().kind == FailureKind::timeout);
  CHECK(server.asked == 1);
  CHECK(answers.counts().failed == 1);
  CHECK_FALSE(answers.find("b", std::chrono::steady_clock::now() - 1ms, server.ask()));
  CHECK(answers.counts().failed == 2);
  CHECK_FALSE(answers.counts().is_paused);
  first.join();
}

}  // namespace shorthop::test
