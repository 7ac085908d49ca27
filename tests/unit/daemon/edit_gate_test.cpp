#include "daemon/edit_gate.h"

#include <vector>

#include "support/catch.h"

using namespace shorthop;
using namespace std::chrono_literals;

TEST_CASE("an open gate admits every message, a shut one none", "[daemon][gate]") {
  EditGate gate;
  CHECK(static_cast<bool>(EditGate::Pass(gate)));
  CHECK(gate.shut(0ms));
  CHECK_FALSE(static_cast<bool>(EditGate::Pass(gate)));
}

TEST_CASE("shutting waits for the messages inside, but not beyond the limit", "[daemon][gate]") {
  EditGate gate;
  {
    const EditGate::Pass pass(gate);
    CHECK_FALSE(gate.shut(5ms));
  }
  CHECK(gate.shut(0ms));
}

TEST_CASE("after the gate is shut no message is inside", "[daemon][gate]") {
  EditGate gate;
  std::atomic<bool> is_over = false;
  std::atomic<unsigned> too_late = 0;
  std::atomic<unsigned> entered = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        const EditGate::Pass pass(gate);
        if (!pass) continue;
        ++entered;
        if (is_over) ++too_late;
      }
    });
  while (entered < 1000) std::this_thread::yield();
  REQUIRE(gate.shut(10s));
  is_over = true;
  std::this_thread::sleep_for(10ms);
  threads.clear();
  CHECK(too_late == 0);
}
