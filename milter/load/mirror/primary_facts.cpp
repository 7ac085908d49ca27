#include "load/mirror/primary_facts.h"

#include "mail/host.h"
#include "text/ascii.h"

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
  // Its own names are in mydestination by default, but that is not certain.
  rules.unsure_domains = {domains.begin(), domains.end()};
  rules.unsure_domains.insert({folded(bare_host(relay.primary.value)), "localhost"});
  return facts;
}

}  // namespace shorthop
