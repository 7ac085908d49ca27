// Times of files, judged by a clock that may have been set.
#include "load/data_files.h"

#include <chrono>

#include "support/catch.h"

namespace shorthop::test {

using namespace std::chrono_literals;

TEST_CASE("a change time in the future, left from before the clock was set back, does not make a file new",
          "[load][data-files]") {
  const FileStamp::Time now = FileStamp::Time() + 24h * 20'000;
  const auto last_touched = [&](FileStamp::Time changed) {
    DataFiles files;
    files.add("/x/aliases", {.exists = true, .is_regular = true, .modified = now - 24h, .changed = changed});
    return files.last_touched(now);
  };
  CHECK(last_touched(now - 1s) == now - 1s);
  CHECK(last_touched(now + 1s) == now + 1s);  // the clock of a file server may be a little fast
  CHECK(last_touched(now + 1h) == now - 24h);
}

}  // namespace shorthop::test
