#include "tool/setup/routes.h"

#include "settings/setting_values.h"
#include "system/own_addresses.h"
#include "tables/text/items.h"
#include "text/ascii.h"
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
  OwnNames own{{}, own_addresses()};
  if (postfix != nullptr) {
    own.names.push_back(folded(postfix->value("myhostname")));
    for (const std::string& address : list_items(postfix->value("proxy_interfaces"))) own.addresses.push_back(address);
  }
  own.names.push_back(own_name());
  return own;
}

}  // namespace shorthop::tool
