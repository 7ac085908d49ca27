// A mirror in a directory of its own, for tests: how it is judged, and what its tables answer.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "load/mirror/mirror.h"
#include "support/catch.h"
#include "support/settings_directory.h"
#include "tables/types/backends.h"

namespace shorthop::test {

class Mirror : public SettingsDirectory {
 public:
  Mirror() { put("mirror/postconf", "a = b\n"); }
  void stamp() const {
    wait_a_tick();
    put("mirror/stamp", "");
  }
  /// Why the mirror must not be loaded, or "" if it is whole.
  std::string why_torn() const { return shown(torn_mirror(*find_mirror((*this / "mirror").string(), SystemFiles()))); }

  /// The answer for the key from the table that has this name on the primary.
  std::string answer(const std::string& table, std::string_view key, const std::string& alias_table = {}) {
    Backends backends;
    const SystemFiles system;
    TableOpener opener(system, backends);
    Diagnostics warnings;
    MirrorFiles files(*find_mirror((*this / "mirror").string(), system), system, opener, warnings);
    files.read_parameters(parse_parameters(system.read(*this / "mirror/postconf").value_or("")));
    if (!alias_table.empty()) files.read_as_aliases({alias_table});
    const auto opened = files.open(table, "some_maps");
    CHECK(opened == files.open(table, "other_maps"));
    said = shown(text_of(warnings));
    CHECK(is_printable(said));
    REQUIRE(opened != nullptr);
    const Lookup found = opened->find(LookupKey(key));
    if (!found) return found.error().kind == FailureKind::not_mirrored ? "not mirrored" : "failed";
    return *found ? (*found)->value : "absent";
  }
  std::string said;
};

}  // namespace shorthop::test
