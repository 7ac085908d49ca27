#include "tables/table.h"

#include <algorithm>

#include "tables/table_name.h"
#include "tables/types.h"

namespace shorthop {
namespace {

bool names_pattern_table(std::string_view name) {
  const auto table = TableName::parse(name);
  return table && is_pattern_table(*table);
}

}  // namespace

Table::Table(std::string name, std::optional<FileStamp::Time> changed)
    : name_(std::move(name)), is_pattern_(names_pattern_table(name_)), changed_(changed) {}

std::unexpected<LookupFailure> Table::failure(std::string why, FailureKind kind, std::uint32_t line) const {
  LookupFailure result{std::move(why), kind};
  result.place = line == 0 ? name_ : name_ + ":" + std::to_string(line);
  return std::unexpected(std::move(result));
}

std::expected<std::optional<Found>, LookupFailure> TableList::find(const LookupKey& key, Deadline deadline) const {
  for (const auto& table : tables_) {
    if (!is_asked(*table, key)) continue;
    Lookup found = table->find(key, deadline);
    if (!found) return std::unexpected(std::move(found.error()));
    if (*found) return Found{std::move(**found), table.get()};
  }
  return std::nullopt;
}

std::expected<bool, LookupFailure> TableList::contains(const LookupKey& key, Deadline deadline) const {
  std::optional<LookupFailure> failure;
  for (const auto& table : tables_) {
    if (!is_asked(*table, key)) continue;
    Lookup found = table->find(key, deadline);
    if (!found) {
      failure = std::move(found.error());
    } else if (*found) {
      return true;
    }
  }
  if (failure) return std::unexpected(std::move(*failure));
  return false;
}

bool TableList::may_list(const std::function<bool(std::string_view, std::string_view)>& condition) const {
  return std::ranges::any_of(tables_, [&](const auto& table) {
    bool has_one = false;
    const bool is_listed = table->each_entry([&](std::string_view key, std::string_view value, std::uint32_t) {
      has_one = has_one || condition(key, value);
    });
    return has_one || !is_listed;
  });
}

}  // namespace shorthop
