// The interface of every look-up table: find() returns found, absent or failed.
// Not here: which keys are looked up for an address (search.h), what a value means (target.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "system/file_reader.h"
#include "tables/lookup_key.h"

namespace shorthop {

struct Entry {
  std::string value;              ///< the right-hand side as written in the table, its logical line joined
  std::uint32_t line = 0;         ///< where the logical line starts, from 1; 0: the table has no lines
  bool has_substitution = false;  ///< the value has parts of the key: "$1" in regexp_table(5)
};

/// Why a look-up failed. `timeout` and `unavailable` are temporary; the others last until data or settings change.
enum class FailureKind : std::uint8_t {
  timeout,           ///< no answer in time
  unavailable,       ///< the table is temporarily not available
  bad_data,          ///< the entry is unreadable
  not_mirrored,      ///< the primary has it, but there is no copy here
  not_followed,      ///< the result depends on an unsupported setting
  copied_elsewhere,  ///< a setting sends a copy to another recipient
};

struct LookupFailure {
  /// There is no default kind: a permanent fact must not count as temporary.
  LookupFailure(std::string its_reason, FailureKind its_kind, bool is_for_message = false)
      : why(std::move(its_reason)), kind(its_kind), concerns_message(is_for_message) {}

  /// "PLACE: WHY", or WHY alone.
  std::string text() const { return place.empty() ? why : place + ": " + why; }

  std::string place = {};  ///< the table that failed, with its line if that is known; empty: not a table
  std::string why;         ///< a sentence
  FailureKind kind;
  bool concerns_message;  ///< the failure concerns all recipients of the message, not only the one that was looked up
};

/// Found, absent, failed: three results (DESIGN 3).
using Lookup = std::expected<std::optional<Entry>, LookupFailure>;

/// A mapping from key to value. Const and safe to use from several threads at once.
class Table {
 public:
  virtual ~Table() = default;
  virtual Lookup find(const LookupKey& key, Deadline deadline) const = 0;
  /// find() without a deadline. Not for decisions about a message, which cannot wait.
  Lookup find(const LookupKey& key) const { return find(key, no_deadline); }

  /// "type:name" as given, without proxy:.
  const std::string& name() const { return name_; }
  using UseEntry = std::function<void(std::string_view key, std::string_view value, std::uint32_t line)>;
  /// Calls `use` with every entry and its line (0: no lines), in unspecified order; false if the table cannot list its
  /// entries.
  virtual bool each_entry(const UseEntry& /*use*/) const { return false; }
  /// Whether the name says that this is a pattern table, such as regexp:. Partial keys are not looked up in a pattern
  /// table. The type on the primary counts, not the form in which this host has the data.
  bool is_pattern() const { return is_pattern_; }
  /// When the data last changed, by the writer's clock; only for a table that was read as a whole.
  const std::optional<FileStamp::Time>& changed() const { return changed_; }
  /// The number of entries; nullopt if counting would require reading a live database.
  virtual std::optional<std::size_t> entries() const { return std::nullopt; }

 protected:
  explicit Table(std::string name, std::optional<FileStamp::Time> changed = std::nullopt);
  /// The result of a look-up in this table that fails. `line`: 0 if none of its lines is concerned.
  std::unexpected<LookupFailure> failure(std::string why, FailureKind kind, std::uint32_t line = 0) const;
  /// The result of a look-up that fails because something that this table uses failed.
  std::unexpected<LookupFailure> failure(const LookupFailure& cause) const { return failure(cause.text(), cause.kind); }

 private:
  std::string name_;
  bool is_pattern_;
  std::optional<FileStamp::Time> changed_;
};

/// Whether a search looks up the key in this table (global/maps.c: DICT_FLAG_FIXED).
inline bool is_asked(const Table& table, const LookupKey& key) { return !key.is_partial || !table.is_pattern(); }

/// An entry, and the table of the list that had it.
struct Found {
  Entry entry;
  const Table* table = nullptr;
};

/// Tables that are searched in order, as in Postfix's `*_maps` parameters: the first that has the key answers.
/// If a table before it fails, the search fails, because the failed table might have had the key.
class TableList {
 public:
  TableList() = default;
  explicit TableList(std::vector<std::shared_ptr<const Table>> tables) : tables_(std::move(tables)) {}

  std::expected<std::optional<Found>, LookupFailure> find(const LookupKey& key, Deadline deadline) const;
  /// Whether any table has the key, even if others fail: enough to know that a recipient exists.
  std::expected<bool, LookupFailure> contains(const LookupKey& key, Deadline deadline) const;

  /// Whether an entry of any table fulfils the condition. Also true if a table cannot list its entries.
  bool may_list(const std::function<bool(std::string_view key, std::string_view value)>& condition) const;

  bool empty() const { return tables_.empty(); }
  const std::vector<std::shared_ptr<const Table>>& tables() const { return tables_; }

 private:
  std::vector<std::shared_ptr<const Table>> tables_;
};

}  // namespace shorthop
