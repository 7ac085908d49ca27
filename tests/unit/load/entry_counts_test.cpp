// The numbers of entries that the daemon remembers across a restart.
#include "load/entry_counts.h"

#include "support/catch.h"
#include "support/settings_directory.h"

namespace shorthop::test {

TEST_CASE("the counts of a relay are remembered until they are forgotten", "[load][entry-memory]") {
  const SettingsDirectory state;
  const std::string directory = state.path();
  const SystemFiles files;
  const EntryCounts counts = {{"text:/a b", 100}, {"hash:/c", 1}};
  remember_entries(directory, "one", counts);
  remember_entries(directory, "two", counts);
  CHECK(remembered_entries(directory, "one", files) == counts);
  CHECK(forget_entries(directory, "one"));
  CHECK(remembered_entries(directory, "one", files).empty());
  CHECK(remembered_entries(directory, "two", files) == counts);
  CHECK(forget_entries(directory, "one"));  // nothing is there any more
  CHECK(forget_entries("", "two"));         // state = none
}

}  // namespace shorthop::test
