#include "daemon/log/repetition.h"

#include "support/catch.h"

using namespace shorthop;

namespace {

constexpr Repetition::Time begin{std::chrono::hours(1)};

std::uint64_t admitted(Repetition& repetition, std::string_view text, std::uint64_t times, Repetition::Time now) {
  std::uint64_t count = 0;
  for (std::uint64_t i = 0; i < times; ++i) count += repetition.admits(text, now) ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("each text has a limit of its own in each period", "[daemon][repetition]") {
  Repetition repetition;
  CHECK(admitted(repetition, "a", 100, begin) == Repetition::max_in_period);
  CHECK(admitted(repetition, "b", 2, begin) == 2);
  CHECK(repetition.ended(begin + Repetition::period / 2).empty());
  CHECK(admitted(repetition, "a", 1, begin + Repetition::period / 2) == 0);
}

TEST_CASE("a suppressed text is reported once, when its period has ended", "[daemon][repetition]") {
  Repetition repetition;
  admitted(repetition, "a", 100, begin);
  admitted(repetition, "b", 2, begin);
  const auto ended = repetition.ended(begin + Repetition::period);
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].text == "a");
  CHECK(ended[0].times == 100 - Repetition::max_in_period);
  CHECK(repetition.ended(begin + 2 * Repetition::period).empty());
  CHECK(admitted(repetition, "a", 100, begin + Repetition::period) == Repetition::max_in_period);
}

TEST_CASE("the number of texts that are remembered is bounded", "[daemon][repetition]") {
  Repetition repetition;
  for (std::size_t i = 0; i < 2 * Repetition::max_texts; ++i) repetition.admits(std::to_string(i), begin);
  CHECK(admitted(repetition, "one more", 100, begin) == 100);
  repetition.ended(begin + Repetition::period);
  CHECK(admitted(repetition, "one more", 100, begin + Repetition::period) == Repetition::max_in_period);
}
