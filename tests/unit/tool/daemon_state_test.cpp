// What the daemon says about its data, compared with what the command has loaded.
#include <memory>

#include "support/catch.h"
#include "tool/daemon_state.h"

using shorthop::Relay;
using shorthop::Snapshot;
using shorthop::tool::DataInForce;
using shorthop::tool::other_data;

TEST_CASE("a daemon without data for a relay is reported as such, without a made-up time", "[tool][daemon-state]") {
  auto relay = std::make_shared<Relay>();
  relay->name = "one";
  Snapshot snapshot;
  snapshot.relay_by_domain["one.example"] = relay;
  CHECK(other_data(snapshot, {{"one", DataInForce::no_data, "no mirror"}}) ==
        std::vector<std::string>{"one: shorthopd has no data in force: no mirror"});
  CHECK(other_data(snapshot, {{"one", DataInForce::no_data, ""}}) ==
        std::vector<std::string>{"one: shorthopd has no data in force"});
  const DataInForce old{"one", relay->newest.time + std::chrono::hours(1), ""};
  CHECK(other_data(snapshot, {old}) ==
        std::vector<std::string>{"one: shorthopd has the data of 1970-01-01T01:00:00Z in force"});
}
