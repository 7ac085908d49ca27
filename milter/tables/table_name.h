// Postfix's name of a table, "type:name" (DATABASE_README), in its two parts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace shorthop {

struct TableName {
  std::string type;
  std::string name;  ///< after the first colon: a path, or text whose form depends on the type

  /// A prefix "proxy:" is dropped: it only makes Postfix ask through proxymap(8). nullopt without a colon.
  static std::optional<TableName> parse(std::string_view text) {
    while (text.starts_with("proxy:")) text.remove_prefix(6);
    const std::size_t colon = text.find(':');
    if (colon == text.npos) return std::nullopt;
    return TableName{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
  }

  std::string text() const { return type + ':' + name; }
  bool operator==(const TableName&) const = default;
};

/// The file that a diagnostic about a table names: the table's name without its type.
inline std::string origin_file_of(const std::string& text) {
  const auto table = TableName::parse(text);
  return table ? table->name : text;
}

}  // namespace shorthop
