// A key of a static table: a text that a line of a file for postmap(1) can have as its key.
// Not here: which keys a table has (static_tables.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mail/address.h"

namespace shorthop::tool {

/// postmap(1): the first character of a line decides whether it is a comment (#) or continues the line before (white
/// space), and white space ends a key. Whether a key that needs quotes is looked up with or without them depends on
/// the version of Postfix and the program that asks (tables/search.h), so a static table has no such key.
class TableKey {
 public:
  /// nullopt if no line can have the address as its key.
  static std::optional<TableKey> of(const Address& address) {
    if (!address.is_ascii() || address.needs_quotes() || address.key().starts_with('#')) return std::nullopt;
    return TableKey(address.key());
  }
  /// "@domain", which matches every address of the domain. nullopt if the text is not a domain.
  static std::optional<TableKey> of_domain(std::string_view domain) {
    if (!is_domain(domain)) return std::nullopt;
    return TableKey(std::string("@").append(domain));
  }

  const std::string& text() const { return text_; }
  bool operator==(const TableKey&) const = default;
  auto operator<=>(const TableKey&) const = default;

 private:
  explicit TableKey(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

}  // namespace shorthop::tool
