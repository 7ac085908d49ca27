#include "postfix/own_names.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "mail/international.h"
#include "text/items.h"

namespace shorthop {
namespace {

using OwnDomains = std::set<std::string, std::less<>>;

constexpr std::array own_name_parameters = std::to_array<std::string_view>({"myhostname", "mydomain"});
// Parameters whose values refer to these two, by default or usually.
constexpr std::array name_users = std::to_array<std::string_view>({"mydestination", "myorigin", "relay_domains"});

/// postconf(5) mydomain: myhostname without its first label.
std::string domain_of(std::string_view host) { return std::string(host.substr(host.find('.') + 1)); }

/// The value, or the default of postconf(5); nullopt: not known.
std::optional<std::string> name_value(const Parameters& parameters, std::string_view name) {
  if (auto value = find_text(parameters, name)) return value;
  if (name == "mydestination") return "$myhostname, localhost.$mydomain, localhost";
  if (name == "myorigin") return "$myhostname";
  const std::string_view host = text_or_empty(parameters, "myhostname");
  if (name == "mydomain" && host.contains('.')) return domain_of(host);
  return std::nullopt;
}

/// The items of mydestination, and myorigin.
std::optional<OwnDomains> local_names(const Parameters& parameters) {
  OwnDomains domains;
  for (const std::string_view name : {"mydestination", "myorigin"}) {
    const auto text = expand_parameters(*name_value(parameters, name),
                                        [&](std::string_view inner) { return name_value(parameters, inner); });
    if (!text) return std::nullopt;
    for (const std::string& item : list_items(*text)) domains.insert(folded_utf8(item));
  }
  return domains;
}

}  // namespace

std::optional<OwnDomains> domains_in_doubt(const Parameters& main_cf, const MasterService& service) {
  const auto host = service.override_of("myhostname");
  const auto domain = service.override_of("mydomain");
  if (!host && !domain) return OwnDomains();
  std::vector<Parameters> readings = {main_cf, main_cf};
  if (host) readings.back()["myhostname"] = *host;
  if (domain) readings.back()["mydomain"] = *domain;
  if (host && !domain && host->contains('.')) {
    // The output of postconf(1) does not show whether main.cf sets mydomain or whether mydomain follows from
    // myhostname. In the second case, this service has another mydomain.
    readings.push_back(readings.back());
    readings.back()["mydomain"] = domain_of(*host);
  }
  OwnDomains all;
  std::vector<OwnDomains> found;
  for (const Parameters& parameters : readings) {
    auto domains = local_names(parameters);
    if (!domains) return std::nullopt;
    all.insert(domains->begin(), domains->end());
    found.push_back(std::move(*domains));
  }
  std::erase_if(all, [&](const std::string& name) {
    return std::ranges::all_of(found, [&](const OwnDomains& domains) { return domains.contains(name); });
  });
  const bool are_domains =
      std::ranges::all_of(all, [](const std::string& name) { return name.find_first_of("!:/") == name.npos; });
  return are_domains ? std::optional(std::move(all)) : std::nullopt;
}

bool is_own_name_of(const MasterService& service, std::string_view parameter) {
  if (std::ranges::find(own_name_parameters, parameter) != own_name_parameters.end()) return true;
  const bool has_names = std::ranges::any_of(
      own_name_parameters, [&](std::string_view name) { return service.override_of(name).has_value(); });
  return has_names && !service.override_of(parameter) && std::ranges::find(name_users, parameter) != name_users.end();
}

}  // namespace shorthop
