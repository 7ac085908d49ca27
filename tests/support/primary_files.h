// A primary's tables and files as two maps: a test double for load/mirror/primary_files.h.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "load/mirror/primary_files.h"
#include "support/fakes.h"
#include "support/map_table.h"
#include "tables/open.h"

namespace shorthop::test {

class MapPrimaryFiles final : public PrimaryFiles {
 public:
  using Entries = std::map<std::string, std::string, std::less<>>;
  using Tables = std::map<std::string, Entries, std::less<>>;

  /// `tables`: name of a table -> its entries. `texts`: path on the primary -> text of the file.
  explicit MapPrimaryFiles(Tables tables = {}, MapFiles::Texts texts = {})
      : tables_(std::move(tables)), texts_(std::move(texts)) {}

  std::shared_ptr<const Table> open(const std::string& table, std::string_view parameter) override {
    const auto found = tables_.find(table);
    if (found != tables_.end()) return std::make_shared<MapTable>(found->second, table);
    missing.push_back(std::string(parameter) + " " + table);
    return failing_table(table, table + " is not here", FailureKind::not_mirrored);
  }
  void read_as_aliases(const std::vector<std::string>& tables) override {
    aliases.insert(aliases.end(), tables.begin(), tables.end());
  }
  const FileReader& reader() const override { return texts_; }
  bool is_mirror() const override { return holds_all; }

  bool holds_all = true;             ///< false: only single tables were copied
  std::vector<std::string> missing;  ///< "PARAMETER TABLE" of each that is not in the map
  std::vector<std::string> aliases;  ///< tables whose text has the format of aliases(5)

 private:
  Tables tables_;
  MapFiles texts_;
};

}  // namespace shorthop::test
