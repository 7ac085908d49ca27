// A table of key-value pairs in memory. An inline: table or a database file is read into one when it is opened, so that
// a look-up calls no library, takes no lock, and sees a single version.
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
  /// False if the pairs together are too large (4 GiB). A key with a NUL is skipped: it is never looked up.
  bool add(std::string_view key, std::string_view value);
  /// Adds a pair as stored in a database file. Keys and values there may end in a NUL; Postfix first looks up the key
  /// with a NUL (DICT_FLAG_TRY1NULL). False also if there is any other NUL: then the file is damaged.
  bool add_raw(std::string_view key, std::string_view value);

  std::size_t size() const { return terminated_.size() + bare_.size(); }

  /// Builds the table. Of pairs with the same key, the first is used; pairs whose stored key ended in a NUL come before
  /// the others. Keys are compared byte for byte with the folded key of a look-up, as in Postfix.
  std::shared_ptr<const Table> table(std::string name, std::optional<FileStamp::Time> changed = std::nullopt) &&;

 private:
  bool append(std::string_view key, std::string_view value, std::vector<std::uint32_t>& offsets);

  std::string pairs_;  // key NUL value NUL, one after the other
  std::vector<std::uint32_t> terminated_;
  std::vector<std::uint32_t> bare_;
};

}  // namespace shorthop
