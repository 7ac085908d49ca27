#include "primary/primary.h"

namespace shorthop {

std::expected<bool, LookupFailure> PrimaryRules::lists(std::string_view domain, Deadline deadline) const {
  auto is_listed = relayed_domains.matches_subdomain(domain, relays_subdomains, deadline);
  for (const MatchList* list : {&local_domains, &virtual_alias_domains, &virtual_mailbox_domains}) {
    auto matches = list->matches(domain, deadline);
    if (matches && *matches) return true;
    if (!matches) is_listed = std::unexpected(std::move(matches.error()));
  }
  return is_listed;
}

}  // namespace shorthop
