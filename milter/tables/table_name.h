// Postfix's name of a table, "type:name" (DATABASE_README), in its two parts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace shorthop {

struct TableName {
  std::string type;
  std::string name;  ///< behind the first colon: a path, or what the type takes it for

  /// "proxy:" before it is dropped: it only says through which process Postfix asks (proxymap(8)). Nothing without a
  /// colon.
  static std::optional<TableName> parse(std::string_view text) {
    while (text.starts_with("proxy:")) text.remove_prefix(6);
    const std::size_t colon = text.find(':');
    if (colon == text.npos) return std::nullopt;
    return TableName{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
  }

  std::string text() const { return type + ':' + name; }
  bool operator==(const TableName&) const = default;
};

/// What diagnostics about a table name as their file: what stands behind its type.
inline std::string place_of_table(const std::string& text) {
  const auto table = TableName::parse(text);
  return table ? table->name : text;
}

}  // namespace shorthop
