// A table as a map: a test double for the interface of tables/.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "tables/table.h"

namespace shorthop::test {

class MapTable final : public Table {
 public:
  explicit MapTable(std::map<std::string, std::string, std::less<>> entries, std::string name = "map:test")
      : Table(std::move(name)), entries_(std::move(entries)) {}
  Lookup find(const LookupKey& asked, Deadline deadline) const override {
    last_deadline = deadline;
    const std::string_view key = is_pattern() ? asked.text : asked.folded;
    if (key == broken_key) return std::unexpected(LookupFailure{name() + ": broken", FailureKind::unavailable});
    const auto found = entries_.find(key);
    if (found == entries_.end()) return std::nullopt;
    return Entry{found->second, 0};
  }
  std::string broken_key;            ///< a look-up of this key fails
  mutable Deadline last_deadline{};  ///< of the last look-up

 private:
  std::map<std::string, std::string, std::less<>> entries_;
};

}  // namespace shorthop::test
