#include "tool/setup/routes.h"

#include <utility>

#include "load/host/load_local_host.h"
#include "system/own_addresses.h"
#include "text/items.h"
#include "tool/setup/find_primary.h"

namespace shorthop::tool {

TransportAnswer transport_of(const std::string& domain, const PostfixFacts& postfix, const PostfixTables& tables) {
  const auto names = list_items(postfix.value("transport_maps"));
  for (const std::string& key : transport_keys(domain)) {
    for (const std::string& table : names) {
      auto found = tables.find(table, key);
      if (!found) return {std::nullopt, table, std::move(found.error())};
      if (*found) return {std::move(*found), table, std::nullopt};
    }
  }
  return {};
}

OwnNames own_names(const PostfixFacts* postfix) {
  OwnNames own = postfix == nullptr ? OwnNames() : own_names_of(postfix->values);
  own.names.push_back(own_name());
  for (std::string& address : own_addresses()) own.addresses.push_back(std::move(address));
  return own;
}

}  // namespace shorthop::tool
