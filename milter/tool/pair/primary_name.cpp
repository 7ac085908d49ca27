#include "tool/pair/primary_name.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "mail/host.h"
#include "text/ascii.h"
#include "text/nearest.h"
#include "tool/pair/programs.h"

namespace shorthop::tool {

ParsedValue<PrimaryName> parse_primary(std::string_view text) {
  // Several colons without brackets are an IPv6 address.
  const bool is_address = !text.starts_with('[') && std::ranges::count(text, ':') > 1;
  const auto account =
      parse_ssh_account(is_address ? fmt::format("ssh://root@[{}]", text) : fmt::format("ssh://root@{}", text));
  if (!account)
    return std::unexpected(ValueError{fmt::format("{} is not the name of a host", excerpt(text)),
                                      "write HOST or HOST:PORT, where sshd of the primary listens"});
  PrimaryName primary{host_key(account->host), std::nullopt};
  if (!is_address && text.contains(':') && !text.ends_with(']')) primary.port = account->port;
  return primary;
}

std::expected<const RelaySettings*, Diagnostic> relay_of_primary(const Settings& settings, const std::string& name,
                                                                 const std::vector<std::string>& domains) {
  std::vector<const RelaySettings*> found;
  std::vector<std::string_view> names;
  for (const RelaySettings& relay : settings.relays) {
    if (host_key(relay.primary.value) != name) continue;
    if (!domains.empty() && has_domain(relay, domains.front())) return &relay;
    found.push_back(&relay);
    names.push_back(relay.domains.value.front());
  }
  if (found.empty()) return nullptr;
  if (found.size() == 1 || !domains.empty()) return found.front();
  return std::unexpected(
      fault(settings.file, fmt::format("{} relays have the primary {}", found.size(), name),
            fmt::format("write a domain of one of these relays after the primary: {}", fmt::join(names, ", ")),
            ErrorClass::settings));
}

std::string near_primary(const Settings& settings, const std::string& name) {
  std::vector<std::string_view> names;
  names.reserve(settings.relays.size());
  for (const RelaySettings& relay : settings.relays) names.push_back(relay.primary.value);
  const std::string_view nearest = nearest_word(name, names);
  return nearest.empty() ? std::string() : fmt::format(", did you mean \"{}\"?", nearest);
}

}  // namespace shorthop::tool
