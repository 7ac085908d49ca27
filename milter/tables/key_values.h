// A table held in memory, made of pairs: what inline: tables and the database files become when they are opened, so
// that a look-up asks no library, takes no lock, and sees one version.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tables/table.h"

namespace shorthop {

class KeyValues {
 public:
  /// False if the pairs together are too large (4 GiB). A key with a NUL is left out: nobody asks for it.
  bool add(std::string_view key, std::string_view value);
  /// A pair as it stands in a database file. Postfix ends keys and values in a NUL or not, and looks for the key with
  /// one first (DICT_FLAG_TRY1NULL); a value ends at its first NUL.
  bool add_raw(std::string_view key, std::string_view value);

  std::size_t size() const { return terminated_.size() + bare_.size(); }

  /// The table: of two pairs with one key the first wins. Keys are compared byte for byte with the folded key that is
  /// asked for, as Postfix does.
  std::shared_ptr<const Table> table(std::string name, std::optional<FileStamp::Time> changed = std::nullopt) &&;

 private:
  bool append(std::string_view key, std::string_view value, std::vector<std::uint32_t>& offsets);

  std::string pairs_;  // key NUL value NUL, one after the other
  std::vector<std::uint32_t> terminated_;
  std::vector<std::uint32_t> bare_;
};

}  // namespace shorthop
