#include "primary/qualify.h"

#include <string>

namespace shorthop {
namespace {

/// Whether the text has an '@' outside of quotes.
bool has_domain(std::string_view external) {
  bool quoted = false;
  for (std::size_t i = 0; i < external.size(); ++i) {
    if (external[i] == '\\') {
      ++i;
    } else if (external[i] == '"') {
      quoted = !quoted;
    } else if (external[i] == '@' && !quoted) {
      return true;
    }
  }
  return false;
}

std::expected<Address, AddressError> parsed(std::string_view external, const PrimaryRules& rules) {
  if (has_domain(external)) return Address::parse(external);
  auto local_part = unquoted_local_part(external);
  if (!local_part) return std::unexpected(std::move(local_part.error()));
  return Address::from_parts(*local_part, rules.myorigin);
}

}  // namespace

std::expected<Address, AddressError> qualified(std::string_view external, std::string_view extension,
                                               const PrimaryRules& rules) {
  auto address = parsed(external, rules);
  if (!address) return address;
  if (address->has_routing_operator()) {
    return std::unexpected(AddressError{"the local part has a routing operator (one of % ! @)"});
  }
  const bool completes = !rules.dot_domain.empty() && !address->domain().contains('.');
  if (extension.empty() && !completes) return address;
  std::string domain(address->domain());
  if (completes) domain.append(1, '.').append(rules.dot_domain);
  return Address::from_parts(std::string(address->local_part()).append(extension), domain);
}

}  // namespace shorthop
