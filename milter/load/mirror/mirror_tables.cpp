#include "load/mirror/mirror_tables.h"

#include <fmt/format.h>

#include <functional>
#include <optional>
#include <set>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "mail/address.h"
#include "mail/international.h"
#include "postfix/berkeley_db_redirect.h"
#include "tables/types.h"
#include "text/ascii.h"
#include "text/lines.h"

namespace shorthop {
namespace {

class ListingTable final : public Table {
 public:
  ListingTable(std::string name, std::string_view text, bool is_complete, FileStamp::Time changed,
               const Expiries& expires)
      : Table(std::move(name), changed), is_complete_(is_complete) {
    std::uint32_t number = 0;
    for (const std::string_view line : lines_of(text)) add(line, ++number);
    for (const auto& [key, time] : expires) {
      if (entries_.contains(key)) expires_.emplace(key, time);
    }
  }

  Lookup find(const LookupKey& key, Deadline) const override {
    if (is_pattern() && (key.text != key.folded || unfolded_.contains(key.folded))) {
      return failure("only the primary knows whether the table distinguishes capital and small letters",
                     FailureKind::not_mirrored);
    }
    const auto found = entries_.find(std::string(key.folded));
    if (found != entries_.end() && has_expired(key.folded)) {
      return failure("its entry has expired since the export", FailureKind::not_mirrored);
    }
    if (found != entries_.end()) return found->second;
    if (is_complete_) return std::nullopt;
    return failure("it is listed, but not known to be complete", FailureKind::not_mirrored);
  }
  bool each_entry(const UseEntry& use) const override {
    for (const auto& [key, entry] : entries_) use(key, entry.value, entry.line);
    return true;
  }
  std::optional<std::size_t> entries() const override { return entries_.size(); }

 private:
  void add(std::string_view line, std::uint32_t number) {
    std::size_t cut = line.find('\t');
    if (cut == line.npos) cut = line.find(' ');
    if (cut == line.npos || cut == 0) return;
    const std::string_view value = trimmed(line.substr(cut + 1));
    const std::string key = folded_utf8(line.substr(0, cut));
    if (is_pattern() && key != line.substr(0, cut)) unfolded_.insert(key);
    const auto [entry, is_new] = entries_.try_emplace(key, Entry{std::string(value), number});
    if (!is_new) entry->second.value.append(", ").append(value);
  }

  bool has_expired(std::string_view key) const {
    const auto expiry = expires_.find(key);
    return expiry != expires_.end() && expiry->second <= std::chrono::system_clock::now();
  }

  std::unordered_map<std::string, Entry> entries_;
  std::set<std::string, std::less<>> unfolded_;  ///< the keys that are listed with capital letters, folded
  Expiries expires_;
  bool is_complete_;
};

class TableWithLines final : public Table {
 public:
  TableWithLines(std::shared_ptr<const Table> database, std::shared_ptr<const Table> text)
      : Table(database->name(), database->changed()), database_(std::move(database)), text_(std::move(text)) {}

  Lookup find(const LookupKey& key, Deadline deadline) const override {
    Lookup found = database_->find(key, deadline);
    if (!found || !*found) return found;
    const Lookup source = text_->find(key, deadline);
    if (source && *source && (*source)->value == (*found)->value) (*found)->line = (*source)->line;
    return found;
  }
  bool each_entry(const UseEntry& use) const override { return database_->each_entry(use); }
  std::optional<std::size_t> entries() const override { return database_->entries(); }

 private:
  std::shared_ptr<const Table> database_;
  std::shared_ptr<const Table> text_;
};

class UnionTable final : public Table {
 public:
  UnionTable(std::string name, std::vector<std::shared_ptr<const Table>> tables)
      : Table(std::move(name)), tables_(std::move(tables)) {}

  Lookup find(const LookupKey& key, Deadline deadline) const override {
    // util/dict_utf8.c: the union folds the key, unless its first table has patterns (util/dict_union.c).
    const LookupKey member_key = is_pattern() ? key : LookupKey::whole(key.folded);
    std::optional<Entry> all;
    for (const auto& table : tables_) {
      Lookup found = table->find(member_key, deadline);
      if (!found) return found;
      if (!*found) continue;
      if (all) {
        all->value.append(",").append((*found)->value);
        all->has_substitution = all->has_substitution || (*found)->has_substitution;
      } else {
        all = std::move(**found);
      }
    }
    return all;
  }
  bool each_entry(const UseEntry& use) const override {
    bool all = true;
    for (const auto& table : tables_) all = table->each_entry(use) && all;
    return all;
  }

 private:
  std::vector<std::shared_ptr<const Table>> tables_;
};

class PipeTable final : public Table {
 public:
  PipeTable(std::string name, std::vector<std::shared_ptr<const Table>> tables)
      : Table(std::move(name)), tables_(std::move(tables)) {}

  Lookup find(const LookupKey& key, Deadline deadline) const override {
    Lookup found = tables_.front()->find(key, deadline);
    for (std::size_t i = 1; i < tables_.size() && found && *found; ++i) {
      const Entry from = std::move(**found);
      found = tables_[i]->find({from.value, folded_utf8(from.value)}, deadline);
      if (found && *found && from.has_substitution) (*found)->has_substitution = true;
    }
    return found;
  }

 private:
  std::vector<std::shared_ptr<const Table>> tables_;
};

class ForwardUsers final : public Table {
 public:
  explicit ForwardUsers(const std::filesystem::path& directory) : Table(std::string(users_table)) {
    std::error_code error;
    for (auto entry = std::filesystem::directory_iterator(directory, error); !error && entry != end(entry);
         entry.increment(error)) {
      names_.insert(entry->path().filename().native());
    }
  }

  Lookup find(const LookupKey& key, Deadline) const override {
    if (names_.contains(key.folded)) return Entry{"", 0};
    return std::unexpected(LookupFailure{"the users of the primary are not listed", FailureKind::not_mirrored});
  }

 private:
  std::set<std::string, std::less<>> names_;
};

class SrsTable final : public Table {
 public:
  explicit SrsTable(std::string name) : Table(std::move(name)) {}

  Lookup find(const LookupKey& key, Deadline) const override {
    if (!is_srs(key.folded)) return std::nullopt;
    return failure("only the primary can ask it", FailureKind::not_mirrored);
  }
};

}  // namespace

std::expected<TableName, std::string> redirect_at_primary(
    const TableName& table, const ParameterValues& main_cf,
    const std::function<bool(const std::string& path)>& has_file) {
  auto read = redirect_berkeley_db(table, [&](std::string_view name) -> std::optional<std::string> {
    auto value = main_cf.expanded(name);
    return value ? std::optional(std::move(*value)) : std::nullopt;
  });
  if (!read || *read == table) return read;
  const TableType* type = find_table_type(read->type);
  if (type != nullptr && type->holds_entries() && has_file(read->name + std::string(type->suffix))) return read;
  return std::unexpected(fmt::format("the primary reads it as {} (non_bdb_migration_level), which is not in the mirror",
                                     printable(read->text(), 100)));
}

std::shared_ptr<const Table> listed_table(std::string name, std::string_view text, bool is_complete,
                                          FileStamp::Time changed, const Expiries& expires) {
  return std::make_shared<ListingTable>(std::move(name), text, is_complete, changed, expires);
}

std::shared_ptr<const Table> with_lines_of(std::shared_ptr<const Table> database, std::shared_ptr<const Table> text) {
  if (text == nullptr) return database;
  return std::make_shared<TableWithLines>(std::move(database), std::move(text));
}

std::shared_ptr<const Table> union_table(std::string name, std::vector<std::shared_ptr<const Table>> tables) {
  return std::make_shared<UnionTable>(std::move(name), std::move(tables));
}

std::shared_ptr<const Table> pipe_table(std::string name, std::vector<std::shared_ptr<const Table>> tables) {
  return std::make_shared<PipeTable>(std::move(name), std::move(tables));
}

std::shared_ptr<const Table> users_with_forward_files(const std::filesystem::path& directory) {
  return std::make_shared<ForwardUsers>(directory);
}

std::shared_ptr<const Table> srs_table(std::string name) { return std::make_shared<SrsTable>(std::move(name)); }

std::string_view fix_of_missing(std::string_view written) {
  if (written == removed_value) return fix_of_removed_value;
  const bool is_split = written.ends_with(':') || !TableName::parse(written);
  return is_split ? "write type:name without a blank in the primary's main.cf" : "add it to the mirror";
}

}  // namespace shorthop
