#include "system/deadline.h"

#include "support/catch.h"

using namespace std::chrono_literals;
using shorthop::milliseconds_for_poll;
using shorthop::time_left;

TEST_CASE("the time left is rounded up, and is 0 after the deadline", "[system][deadline]") {
  const shorthop::Deadline now = std::chrono::steady_clock::now();
  CHECK(time_left(now + 1ns, now) == 1ms);
  CHECK(time_left(now + 2ms, now) == 2ms);
  CHECK(time_left(now, now) == 0ms);
  CHECK(time_left(shorthop::Deadline::min(), now) == 0ms);
  CHECK(milliseconds_for_poll(now + 1500us, now) == 2);
}

TEST_CASE("poll(2) waits at most a minute, also without a deadline", "[system][deadline]") {
  CHECK(milliseconds_for_poll(shorthop::no_deadline) == 60'000);
  CHECK_FALSE(shorthop::has_passed(shorthop::no_deadline));
  CHECK(shorthop::has_passed(std::chrono::steady_clock::now()));
}
