#include "daemon/log/journal_writer.h"

#include <atomic>
#include <future>
#include <mutex>

#include "support/catch.h"

using namespace shorthop;
using namespace std::chrono_literals;

TEST_CASE("entries reach the journal in their order", "[daemon][journal]") {
  std::mutex mutex;
  std::vector<JournalFields> sent;
  {
    JournalWriter writer([&](const JournalFields& entry) {
      const std::lock_guard lock(mutex);
      sent.push_back(entry);
      return true;
    });
    for (int i = 0; i < 1000; ++i) writer.write({"MESSAGE=" + std::to_string(i)});
  }
  REQUIRE(sent.size() == 1000);
  for (int i = 0; i < 1000; ++i)
    CHECK(sent[static_cast<std::size_t>(i)] == JournalFields{"MESSAGE=" + std::to_string(i)});
}

TEST_CASE("entries that the journal does not take are counted as lost", "[daemon][journal]") {
  JournalWriter writer([](const JournalFields&) { return false; });
  for (int i = 0; i < 10; ++i) writer.write({"MESSAGE=x"});
  CHECK(writer.flush(10s));
  CHECK(writer.lost() == 10);
}

TEST_CASE("if the journal is stuck, entries are lost, but write() does not wait", "[daemon][journal]") {
  auto release = std::make_shared<std::promise<void>>();
  auto released = std::make_shared<std::shared_future<void>>(release->get_future());
  JournalWriter writer(
      [released](const JournalFields&) {
        released->wait();
        return true;
      },
      10);
  for (int i = 0; i < 100; ++i) writer.write({"MESSAGE=x"});
  CHECK_FALSE(writer.flush(10ms));
  CHECK(writer.lost() >= 89);  // 100, except 10 that wait and one that is being sent
  release->set_value();
  CHECK(writer.flush(10s));
}
