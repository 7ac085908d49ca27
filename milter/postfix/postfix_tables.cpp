#include "postfix/postfix_tables.h"

#include <algorithm>
#include <string_view>

#include "tables/types.h"
#include "text/ascii.h"
#include "text/lines.h"

namespace shorthop {
namespace {

/// The keys in postmap's output "key<TAB>value".
std::vector<std::string> keys_in(std::string_view text) {
  std::vector<std::string> keys;
  for (const std::string_view line : lines_of(text)) {
    const std::string_view key = line.substr(0, line.find('\t'));
    if (!key.empty()) keys.emplace_back(key);
  }
  return keys;
}

/// The name without "proxy:", because postmap(1) can open the table itself.
std::string asked_name(const std::string& text) {
  const auto table = TableName::parse(text);
  return table ? table->text() : text;
}

}  // namespace

std::expected<std::string, ChildFailure> SystemPostfixTables::postmap(std::vector<std::string> words) const {
  const std::string program = find_program("postmap");
  if (program.empty()) {
    return std::unexpected(ChildFailure{ChildFailure::Kind::not_found, "postmap not found on this host"});
  }
  words.insert(words.begin(), {"-c", directory_});
  return child_output(program, words);
}

std::expected<std::optional<std::string>, std::string> SystemPostfixTables::find(const std::string& table,
                                                                                 const std::string& key) const {
  const auto answer = postmap({"-q", key, asked_name(table)});
  if (answer) return std::string(trimmed(*answer));
  // postmap exits 1 for "not found" and for errors; only errors print a message. Warnings are ignored.
  if (answer.error().exit_status == 1 && !answer.error().has_error_message) return std::nullopt;
  return std::unexpected(answer.error().what);
}

std::expected<std::vector<std::string>, std::string> SystemPostfixTables::keys(const std::string& table) const {
  const auto name = TableName::parse(table);
  const TableType* type = name ? find_table_type(name->type) : nullptr;
  if (type == nullptr || !type->is_listable) {
    return std::unexpected("a table of type " + (name ? name->type : table) + " cannot be listed");
  }
  const auto all = postmap({"-s", name->text()});
  if (!all) return std::unexpected(all.error().what);
  return keys_in(*all);
}

}  // namespace shorthop
