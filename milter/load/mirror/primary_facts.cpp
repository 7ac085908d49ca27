#include "load/mirror/primary_facts.h"

#include <fmt/format.h>

#include <utility>

#include "mail/host.h"
#include "text/items.h"

namespace shorthop {

PrimaryFacts facts_without_postconf(const RelaySettings& relay) {
  PrimaryFacts facts;
  PrimaryRules& rules = facts.rules;
  const std::vector<std::string>& domains = relay.domains.value;
  const std::vector<std::string>& named = relay.primary_domains.value;
  for (const std::string& domain : named) rules.local_domains.add_name(domain);
  rules.delimiters = relay.recipient_delimiter ? relay.recipient_delimiter->value : "";
  rules.alias_domains_are_keys = relay.profile.value == Profile::postfix;
  if (relay.profile.value != Profile::postfix) {
    for (const std::string& domain : domains) rules.local_domains.add_name(domain);
    if (!domains.empty()) rules.myorigin = domains.front();
  } else if (!named.empty()) {
    rules.myorigin = named.front();
  }
  // The primary's own names are in mydestination by default, but that is not certain.
  rules.unsure_domains = {domains.begin(), domains.end()};
  rules.unsure_domains.insert({host_key(relay.primary.value), "localhost"});
  return facts;
}

ExtensionPropagation propagation_in(std::string_view value) {
  ExtensionPropagation propagate{false, false, false, false, false};
  for (const std::string& item : list_items(value)) {
    if (item == "canonical") propagate.canonical = true;
    if (item == "virtual") propagate.virtual_aliases = true;
    if (item == "alias") propagate.aliases = true;
    if (item == "forward") propagate.forwards = true;
    if (item == "include") propagate.includes = true;
  }
  return propagate;
}

std::expected<ForwardPath, std::string> forward_path_in(std::string_view value, std::string_view delimiters) {
  ForwardPath found{false, false};
  for (std::string item : list_items(value)) {
    std::erase_if(item, [](char c) { return c == '{' || c == '}' || c == '(' || c == ')'; });
    const bool has_delimiter = delimiters.size() == 1 && item == fmt::format("$home/.forward{}$extension", delimiters);
    if (item == "$home/.forward") {
      found.plain = true;
    } else if ((item == "$home/.forward$recipient_delimiter$extension" || has_delimiter) && !found.plain) {
      found.with_extension = true;
    } else {
      return std::unexpected(std::move(item));
    }
  }
  return found;
}

}  // namespace shorthop
