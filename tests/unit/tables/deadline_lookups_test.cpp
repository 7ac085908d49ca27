// Look-ups that take longer than their callers wait.
#include "tables/types/deadline_lookups.h"

#include <atomic>
#include <thread>

#include "support/catch.h"

namespace shorthop::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// A look-up that takes this time; its value is the key.
DeadlineLookups::Ask after(std::chrono::milliseconds time, std::atomic<int>* asked = nullptr) {
  return [time, asked](const std::string& key) -> Lookup {
    if (asked != nullptr) ++*asked;
    std::this_thread::sleep_for(time);
    return Entry{key, 0};
  };
}

std::string said(const Lookup& answer) {
  if (!answer) return answer.error().kind == FailureKind::timeout ? "timeout" : answer.error().text();
  return *answer ? (*answer)->value : "absent";
}

}  // namespace

TEST_CASE("an answer is used again for a while, a failure is not", "[tables][deadline]") {
  std::atomic<int> asked = 0;
  const DeadlineLookups lookups(after(0ms, &asked));
  for (int i = 0; i < 3; ++i) CHECK(said(lookups.find("ann", no_deadline)) == "ann");
  CHECK(asked == 1);
  lookups.forget();
  CHECK(said(lookups.find("ann", no_deadline)) == "ann");
  CHECK(asked == 2);
  CHECK(said(DeadlineLookups([](const std::string&) -> Lookup { return std::nullopt; }).find("ann", no_deadline)) ==
        "absent");
  const DeadlineLookups failing(
      [](const std::string&) -> Lookup { return std::unexpected(LookupFailure{"down", FailureKind::unavailable}); });
  CHECK(said(failing.find("ann", no_deadline)) == "down");
  DeadlineLimits short_lived;
  short_lived.answer_age = 0ms;
  asked = 0;
  const DeadlineLookups again(after(0ms, &asked), short_lived);
  for (int i = 0; i < 3; ++i) {
    CHECK(said(again.find("ann", no_deadline)) == "ann");
    std::this_thread::sleep_for(1ms);
  }
  CHECK(asked == 3);
}

TEST_CASE("a slow name service costs one deadline, not one for each recipient", "[tables][deadline]") {
  std::atomic<int> asked = 0;
  const DeadlineLookups lookups(after(600ms, &asked), {.max_wait = 100ms});
  const auto begun = Clock::now();
  for (int i = 0; i < 10; ++i) CHECK(said(lookups.find("ann", no_deadline)) == "timeout");
  for (int i = 0; i < 10; ++i) CHECK(said(lookups.find("user" + std::to_string(i), no_deadline)) == "timeout");
  CHECK(Clock::now() - begun < 500ms);  // 20 deadlines would be 2 s
  std::this_thread::sleep_for(700ms);
  CHECK(said(lookups.find("ann", no_deadline)) == "ann");  // the late answer
  CHECK(asked <= 8);
}

TEST_CASE("a late failure is kept like a late answer: the system is not asked again for every message",
          "[tables][deadline]") {
  std::atomic<int> asked = 0;
  const auto fail = [&](const std::string&) -> Lookup {
    ++asked;
    std::this_thread::sleep_for(100ms);
    return std::unexpected(LookupFailure{"down", FailureKind::unavailable});
  };
  const DeadlineLookups lookups(fail, {.max_wait = 10ms, .late_answer_age = 300ms});
  CHECK(said(lookups.find("ann", no_deadline)) == "timeout");
  std::this_thread::sleep_for(200ms);
  for (int i = 0; i < 3; ++i) CHECK(said(lookups.find("ann", no_deadline)) == "down");
  CHECK(asked == 1);
  std::this_thread::sleep_for(300ms);
  CHECK(said(lookups.find("ann", no_deadline)) == "timeout");
  std::this_thread::sleep_for(100ms);  // the thread that asks may start after this thread stops waiting
  CHECK(asked == 2);
}

TEST_CASE("a look-up waits no longer than its message can", "[tables][deadline]") {
  std::atomic<int> asked = 0;
  const DeadlineLookups lookups(after(300ms, &asked), {.max_wait = 10s});
  const auto begun = Clock::now();
  CHECK(said(lookups.find("ann", begun + 20ms)) == "timeout");
  CHECK(Clock::now() - begun < 250ms);
  CHECK(asked == 1);
  // The next message has time: the first one's short deadline does not mean that the system is slow.
  CHECK(said(lookups.find("bob", no_deadline)) == "bob");
}

TEST_CASE("after the deadline nothing is looked up", "[tables][deadline]") {
  std::atomic<int> asked = 0;
  const DeadlineLookups lookups(after(0ms, &asked));
  CHECK(said(lookups.find("ann", Clock::now() - 1ms)) == "timeout");
  std::this_thread::sleep_for(20ms);
  CHECK(asked == 0);
}

TEST_CASE("no more look-ups wait than the limit allows", "[tables][deadline]") {
  std::atomic<int> asked = 0;
  const DeadlineLookups lookups(after(300ms, &asked), {.max_wait = 20ms, .threads = 1, .max_waiting = 3});
  for (int i = 0; i < 50; ++i) CHECK(said(lookups.find(std::to_string(i), no_deadline)) == "timeout");
  std::this_thread::sleep_for(400ms);
  CHECK(asked <= 2);
}

TEST_CASE("many threads look up at once, and the table may be destroyed while a look-up still runs",
          "[tables][deadline]") {
  std::vector<std::thread> threads;
  {
    const DeadlineLookups lookups(after(1ms), {.max_wait = 10s});
    std::atomic<int> right = 0;
    for (int i = 0; i < 16; ++i) {
      threads.emplace_back([&, i] {
        for (int round = 0; round < 20; ++round) {
          const std::string key = std::to_string(i * 100 + round % 3);
          right += said(lookups.find(key, no_deadline)) == key;
        }
      });
    }
    for (auto& thread : threads) thread.join();
    CHECK(right == 320);
  }
  const auto late = std::make_unique<DeadlineLookups>(after(200ms), DeadlineLimits{.max_wait = 1ms});
  CHECK(said(late->find("ann", no_deadline)) == "timeout");
}

}  // namespace shorthop::test
