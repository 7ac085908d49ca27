#include "daemon/remembered_state.h"

#include <filesystem>

#include "session/refutations.h"
#include "support/catch.h"
#include "support/temporary_directory.h"

using namespace shorthop;

namespace {

/// A daemon's state with nothing but its counts.
struct State {
  Counters counters;
  Log log{LogFormat::text, LogLevel::error};
  ReturnWatch returns{counters, log, std::make_shared<Refutations>()};
  RememberedState state{counters, returns};
};

}  // namespace

TEST_CASE("two daemons with the same directory do not replace each other's state", "[daemon][state]") {
  const test::TemporaryDirectory folder;
  const std::string directory = folder.path().native();
  State second;
  {
    State first;
    first.state.restore(directory);
    first.counters.add_totals("example.org\tmessages\t7\n");
    REQUIRE(first.state.save(directory));
    second.state.restore(directory);
    const Written refused = second.state.save(directory);
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == directory + " is used by another shorthopd");
    CHECK(second.state.failure() == refused.error());
    CHECK(second.state.save((folder.path() / "other").native()).error().ends_with("is not a directory"));
    REQUIRE(first.state.save(directory));
  }
  CHECK(second.state.save(directory));  // the first one has ended
  CHECK(second.state.failure().empty());
}

TEST_CASE("state that could not be saved is saved later, even if it has not changed", "[daemon][state]") {
  const test::TemporaryDirectory folder;
  const std::string directory = folder.path() / "state";
  State before;
  before.counters.add_totals("example.org\tmessages\t7\n");
  const std::string totals = before.counters.totals();
  REQUIRE_FALSE(totals.empty());
  const Written failed = before.state.save(directory);
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error() == directory + " is not a directory");
  CHECK(before.state.failure() == failed.error());
  std::filesystem::create_directory(directory);
  CHECK(before.state.save(directory).has_value());
  CHECK(before.state.failure().empty());
  State after;
  after.state.restore(directory);
  CHECK(after.counters.totals() == totals);
}
