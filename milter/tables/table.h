// The seam to every look-up table: a key in, and found, absent or failed out.
// Not here: which keys are tried for an address (search.h), what a value means (target.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/file_reader.h"
#include "tables/lookup_key.h"

namespace shorthop {

struct Entry {
  std::string value;       ///< the right-hand side as it stands in the table, a logical line joined
  std::uint32_t line = 0;  ///< where the logical line starts, from 1; 0: the table has no lines
};

/// Why a look-up failed. `timeout` and `unavailable` may work later; the others stay until data or settings change.
enum class FailureKind : std::uint8_t {
  timeout,           ///< no answer in time
  unavailable,       ///< the table cannot be asked for now
  bad_data,          ///< the entry cannot be read
  not_mirrored,      ///< the primary has it, and it is not here
  not_followed,      ///< a setting that decides about this key and is not followed
  copied_elsewhere,  ///< a setting sends a copy to somebody else
};

struct LookupFailure {
  std::string what;  ///< a sentence, with the table's name
  FailureKind kind = FailureKind::unavailable;
};

/// Found, absent, failed: three results (DESIGN 3).
using Lookup = std::expected<std::optional<Entry>, LookupFailure>;

/// A mapping from key to value. Const and safe to ask from several threads at once.
class Table {
 public:
  virtual ~Table() = default;
  virtual Lookup find(const LookupKey& key, Deadline deadline) const = 0;
  /// The same for whoever can wait: no message does.
  Lookup find(const LookupKey& key) const { return find(key, no_deadline); }

  /// "type:name" as it was given, without proxy:.
  const std::string& name() const { return name_; }
  using UseEntry = std::function<void(std::string_view key, std::string_view value, std::uint32_t line)>;
  /// Calls `use` with every entry as the table has it and its line (0: no lines), in no promised order; false if it
  /// cannot list them.
  virtual bool each_entry(const UseEntry& /*use*/) const { return false; }
  /// Whether it matches the text of a key against patterns, as regexp: does; it is not asked partial keys.
  virtual bool is_pattern() const { return false; }
  /// When the data of a table that was read as a whole changed last, by the clock of whoever wrote it.
  const std::optional<FileStamp::Time>& changed() const { return changed_; }
  /// The number of entries; nullopt where counting would mean reading a live database.
  virtual std::optional<std::size_t> entries() const { return std::nullopt; }

 protected:
  explicit Table(std::string name, std::optional<FileStamp::Time> changed = std::nullopt)
      : name_(std::move(name)), changed_(changed) {}

 private:
  std::string name_;
  std::optional<FileStamp::Time> changed_;
};

/// Whether a search asks the table for the key (global/maps.c: DICT_FLAG_FIXED).
inline bool is_asked(const Table& table, const LookupKey& key) { return !key.is_partial || !table.is_pattern(); }

/// What a look-up in several tables found, and where: a table of the list that was asked.
struct Found {
  Entry entry;
  const Table* table = nullptr;
};

/// Tables asked in order, as Postfix's `*_maps` parameters are: the first that has the key wins, and a failure
/// before that is a failure of the whole (an earlier table might have had the key).
class TableList {
 public:
  TableList() = default;
  explicit TableList(std::vector<std::shared_ptr<const Table>> tables) : tables_(std::move(tables)) {}

  std::expected<std::optional<Found>, LookupFailure> find(const LookupKey& key, Deadline deadline) const;
  /// Whether any table knows the key, whatever the others say: enough to know that a recipient exists.
  std::expected<bool, LookupFailure> contains(const LookupKey& key, Deadline deadline) const;

  bool empty() const { return tables_.empty(); }
  const std::vector<std::shared_ptr<const Table>>& tables() const { return tables_; }

 private:
  std::vector<std::shared_ptr<const Table>> tables_;
};

}  // namespace shorthop
