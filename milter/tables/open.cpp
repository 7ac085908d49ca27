#include "tables/open.h"

#include <optional>

#include "tables/types.h"

namespace shorthop {
namespace {

class FailingTable final : public Table {
 public:
  FailingTable(std::string name, std::string what, FailureKind kind)
      : Table(std::move(name)), what_(std::move(what)), kind_(kind) {}
  Lookup find(const LookupKey&, Deadline) const override { return failure(what_, kind_); }

 private:
  std::string what_;
  FailureKind kind_;
};

class FailingAtSubstitution final : public Table {
 public:
  explicit FailingAtSubstitution(std::shared_ptr<const Table> table)
      : Table(table->name(), table->changed()), table_(std::move(table)) {}

  Lookup find(const LookupKey& key, Deadline deadline) const override {
    Lookup found = table_->find(key, deadline);
    if (!found || !*found || !(*found)->has_substitution) return found;
    return failure("Postfix skips the line, because it permits no $1 in the results of this parameter",
                   FailureKind::not_followed, (*found)->line);
  }
  bool each_entry(const UseEntry& use) const override { return table_->each_entry(use); }
  std::optional<std::size_t> entries() const override { return table_->entries(); }

 private:
  std::shared_ptr<const Table> table_;
};

/// Why a table cannot be opened, and the fix.
struct Refusal {
  std::string what;
  std::string fix;
};

std::optional<Refusal> refusal_of(const std::optional<TableName>& table, const TableType* type) {
  if (!table) return Refusal{"expected \"type:name\"", "write TYPE:NAME; the types are " + supported_table_types()};
  if (type == nullptr || type->open == nullptr) {
    return Refusal{"unsupported table type", "choose another; the supported types are " + supported_table_types()};
  }
  if (table->name.empty()) return Refusal{"missing name after the type", "write \"" + table->type + ":name\""};
  if (table->name.contains('\0')) return Refusal{"there is a NUL byte in the name", {}};
  return std::nullopt;
}

}  // namespace

std::shared_ptr<const Table> open_table(std::string_view name, const FileReader& files, Backends& backends,
                                        Diagnostics& problems, OpenOptions options) {
  const std::optional<TableName> table = TableName::parse(name);
  const TableType* type = table ? find_table_type(table->type) : nullptr;
  if (auto refusal = refusal_of(table, type)) {
    problems.push_back({{table ? table->text() : std::string(name), 0},
                        std::move(refusal->what),
                        std::move(refusal->fix),
                        Severity::error,
                        ErrorClass::settings});
    return nullptr;
  }
  OpenRequest request{*table, {},       {},       type->own_format.value_or(options.text_format),
                      files,  backends, problems, std::move(options)};
  if (const auto file = file_of_table(*table)) {
    // The stamp is taken before the file is read, so that a write during the read is noticed later.
    const FileStamp stamp = files.stamp(*file);
    if (stamp.is_regular) request.changed = stamp.modified;
    request.file = *file;
  }
  return type->open(request);
}

std::shared_ptr<const Table> failing_table(std::string name, std::string what, FailureKind kind) {
  return std::make_shared<FailingTable>(std::move(name), std::move(what), kind);
}

std::shared_ptr<const Table> fail_at_substitution(std::shared_ptr<const Table> table) {
  return std::make_shared<FailingAtSubstitution>(std::move(table));
}

}  // namespace shorthop
