#include "tool/mirror/table_key.h"

namespace shorthop::tool {

std::optional<TableKey> TableKey::of(const Address& address) {
  if (!address.is_ascii() || address.needs_quotes() || address.key().starts_with('#')) return std::nullopt;
  return TableKey(address.key());
}

std::optional<TableKey> TableKey::of_domain(std::string_view domain) {
  if (!is_domain(domain)) return std::nullopt;
  return TableKey(std::string("@").append(domain));
}

}  // namespace shorthop::tool
