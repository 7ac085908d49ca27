#include "daemon/current_snapshot.h"

#include <thread>
#include <vector>

#include "support/catch.h"

using namespace shorthop;

TEST_CASE("every thread gets the snapshot that was set last", "[daemon][snapshot]") {
  const auto first = std::make_shared<const Snapshot>();
  const auto second = std::make_shared<const Snapshot>();
  CurrentSnapshot current(first);
  CHECK(current.get().get() == first.get());
  current.replace(second);
  std::atomic<unsigned> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 20; ++i) threads.emplace_back([&] { right += current.get().get() == second.get() ? 1 : 0; });
  }
  CHECK(right == 20);
}

TEST_CASE("a replaced snapshot lives as long as a message uses it, and no longer", "[daemon][snapshot]") {
  auto old = std::make_shared<const Snapshot>();
  const std::weak_ptr<const Snapshot> watched = old;
  CurrentSnapshot current(std::move(old));
  std::shared_ptr<const Snapshot> message = current.get();
  current.replace(std::make_shared<const Snapshot>());
  CHECK_FALSE(watched.expired());
  message.reset();
  CHECK(watched.expired());
}

TEST_CASE("there may be no snapshot yet", "[daemon][snapshot]") { CHECK(CurrentSnapshot(nullptr).get() == nullptr); }
