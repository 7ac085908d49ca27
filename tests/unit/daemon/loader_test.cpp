#include "daemon/loader.h"

#include <poll.h>

#include <atomic>
#include <future>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>

#include "support/catch.h"

using namespace shorthop;
using namespace std::chrono_literals;

namespace {

/// The next result, or nullopt after five seconds.
std::optional<Loader::Result> next_result(Loader& loader) {
  pollfd ready{loader.descriptor(), POLLIN, 0};
  return ::poll(&ready, 1, 5000) == 1 ? loader.result() : std::nullopt;
}

/// A load that continues until it is released.
struct SlowLoad {
  control::Answer operator()() {
    ++begun;
    begun.notify_all();
    gate.acquire();
    return {"load " + std::to_string(begun) + "\n", 0};
  }
  void wait_for_begin(int number) {
    for (int now = begun; now < number; now = begun) begun.wait(now);
  }
  std::atomic<int> begun = 0;
  std::counting_semaphore<> gate{0};
};

}  // namespace

TEST_CASE("a load runs on a separate thread, and its answer waits to be fetched", "[daemon][loader]") {
  SlowLoad load;
  Loader loader({std::ref(load), [] {}}, 1h);
  const auto ticket = loader.request();
  load.wait_for_begin(1);
  CHECK_FALSE(loader.result());
  load.gate.release();
  const auto result = next_result(loader);
  REQUIRE(result);
  CHECK(result->last == ticket);
  CHECK(result->answer.text == "load 1\n");
  CHECK_FALSE(loader.result());  // only once
}

TEST_CASE("requests share a load that begins after all of them", "[daemon][loader]") {
  SlowLoad load;
  Loader loader({std::ref(load), [] {}}, 1h);
  const auto first = loader.request();
  load.wait_for_begin(1);
  const auto second = loader.request();
  const auto third = loader.request();
  load.gate.release(2);
  auto result = next_result(loader);
  REQUIRE(result);
  if (result->last == first) {
    CHECK(result->answer.text == "load 1\n");
    result = next_result(loader);
    REQUIRE(result);
  }
  CHECK(second < third);
  CHECK(result->last == third);
  CHECK(result->answer.text == "load 2\n");
  CHECK(load.begun == 2);
}

TEST_CASE("an exception in a load becomes its answer", "[daemon][loader]") {
  Loader loader({[]() -> control::Answer { throw std::runtime_error("no memory"); }, [] {}}, 1h);
  loader.request();
  const auto result = next_result(loader);
  REQUIRE(result);
  CHECK(result->answer.text == "internal error: no memory\n");
  CHECK(result->answer.exit_status == 70);
}

TEST_CASE("files are checked repeatedly, even after a check that threw", "[daemon][loader]") {
  std::atomic<int> looks = 0;
  std::promise<void> third;
  const Loader loader({[] { return control::Answer{}; },
                       [&] {
                         if (++looks == 3) third.set_value();
                         throw std::runtime_error("no memory");
                       }},
                      1ms);
  CHECK(third.get_future().wait_for(5s) == std::future_status::ready);
}

TEST_CASE("after a slow check there is a pause of twenty times its duration", "[daemon][loader]") {
  std::atomic<int> looks = 0;
  const Loader loader({[] { return control::Answer{}; },
                       [&] {
                         ++looks;
                         std::this_thread::sleep_for(50ms);
                       }},
                      1ms);
  std::this_thread::sleep_for(600ms);
  CHECK(looks == 1);
}
