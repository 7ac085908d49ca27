// What a new generation of a mirror is compared with before an import puts it in force.
#include "tool/mirror/import_checks.h"

#include <memory>
#include <optional>

#include "support/catch.h"

namespace shorthop::test {

TEST_CASE("max-shrink: the remembered entries count if a table of the generation in force cannot be counted",
          "[tool][import]") {
  const auto generation = [](LoadedRelay& data, std::optional<std::size_t> entries) {
    data.entries = {{"mysql:/etc/postfix/users.cf", entries}};
    tool::LoadedMirror mirror;
    auto relay = std::make_shared<Relay>();
    relay->primary.profile = Profile::flat;
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->relay_by_domain["example.org"] = relay;
    mirror.snapshot = snapshot;
    mirror.data = &data;
    mirror.settings.domains.value = {"example.org"};
    mirror.settings.max_shrink = 20;
    return mirror;
  };
  LoadedRelay unreadable;
  LoadedRelay small;
  const auto before = generation(unreadable, std::nullopt);
  const auto now = generation(small, 11);
  const EntryCounts remembered{{"mysql:/etc/postfix/users.cf", 101}};
  CHECK_FALSE(tool::fault_of_generation(&before, {}, now, false));
  const auto fault = tool::fault_of_generation(&before, remembered, now, false);
  REQUIRE(fault);
  CHECK(fault->what.contains("has 11 entries, and had 101"));
  CHECK_FALSE(tool::fault_of_generation(&before, remembered, now, true));
}

}  // namespace shorthop::test
