#include "postfix/service_values.h"

#include <algorithm>
#include <array>

#include "postfix/parameter_owners.h"
#include "text/ascii.h"
#include "text/items.h"

namespace shorthop {
namespace {

/// Whether a value has "$name", "${name" or "$(name".
bool refers_to(std::string_view value, std::string_view name) {
  for (std::size_t at = value.find('$'); at != value.npos; at = value.find('$', at + 1)) {
    std::string_view rest = value.substr(at + 1);
    if (rest.starts_with('{') || rest.starts_with('(')) rest.remove_prefix(1);
    if (!rest.starts_with(name)) continue;
    const char next = rest.size() > name.size() ? rest[name.size()] : ' ';
    if (next != '_' && !is_letter_or_digit(next)) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> ServiceValues::written(const MasterService& service, std::string_view parameter) const {
  if (auto override = service.override_of(parameter)) return override;
  return find_text(main_cf_, parameter);
}

std::string ServiceValues::value_of(const MasterService& service, std::string_view parameter) const {
  return written(service, parameter).value_or("");
}

std::expected<std::string, std::string> ServiceValues::expanded(const MasterService& service,
                                                                std::string_view parameter) const {
  auto value =
      expand_parameters(value_of(service, parameter), [&](std::string_view name) { return written(service, name); });
  if (!value) return value;
  return std::string(trimmed(*value));
}

std::string ServiceValues::expanded_or_empty(const MasterService& service, std::string_view parameter) const {
  return expanded_by_postfix(value_of(service, parameter),
                             [&](std::string_view name) { return written(service, name); });
}

std::optional<std::string> ServiceValues::own_value(const MasterService& service, std::string_view parameter) const {
  if (service.overrides.empty()) return std::nullopt;
  const std::string raw = value_of(service, parameter);
  const auto own = expand_parameters(raw, [&](std::string_view name) { return written(service, name); });
  const auto of_main = expand_parameters(text_or_empty(main_cf_, parameter),
                                         [&](std::string_view name) { return find_text(main_cf_, name); });
  if (own && of_main && *own == *of_main) return std::nullopt;
  if (own) return *own;
  // In restrictions, a name that is not defined counts as empty. Elsewhere, it may be a parameter whose default is
  // not known here.
  if (parameter.ends_with("_restrictions")) return expanded_or_empty(service, parameter);
  return service.override_of(parameter) || of_main ? std::optional(raw) : std::nullopt;
}

std::set<std::string> ServiceValues::parameters_read(const Services& services, std::string_view program) const {
  std::set<std::string> names;
  const auto add = [&](const Parameters& parameters) {
    for (const auto& [name, value] : parameters) {
      if (is_shared_by(services, program, name) || is_read_by(services, program, name)) names.insert(name);
    }
  };
  add(main_cf_);
  for (const MasterService* service : services) add(service->overrides);
  // An override also acts on a parameter whose default refers to it. `postconf -n` does not print that default.
  for (const DefaultReference& row : default_references()) {
    const bool is_default = !main_cf_.contains(row.parameter) && is_read_by(services, program, row.parameter);
    const auto sets_it = [&](const MasterService* service) { return service->override_of(row.to).has_value(); };
    if (is_default && std::ranges::any_of(services, sets_it)) names.emplace(row.to);
  }
  return names;
}

bool ServiceValues::is_read_by(const Services& services, std::string_view program, std::string_view parameter) const {
  if (is_read_alone_by(program, parameter)) return true;
  return program == "smtpd" && std::ranges::any_of(services, [&](const MasterService* service) {
           const std::vector<std::string> classes = list_items(value_of(*service, "smtpd_restriction_classes"));
           return std::ranges::find(classes, parameter) != classes.end();
         });
}

bool ServiceValues::is_shared_by(const Services& services, std::string_view program, std::string_view parameter) const {
  if (!is_shared_parameter(parameter)) return false;
  if (program != "smtp" || is_always_shared_by_smtp(parameter)) return true;
  return std::ranges::any_of(services, [this](const MasterService* service) {
    return expanded(*service, "smtp_generic_maps") != std::string();
  });
}

bool ServiceValues::is_referred_to(std::string_view parameter) const {
  for (const auto& [name, value] : main_cf_) {
    if (name != parameter && is_followed_parameter(name) && refers_to(value, parameter)) return true;
  }
  return std::ranges::any_of(default_references(), [&](const DefaultReference& row) {
    return row.to == parameter && !main_cf_.contains(row.parameter);
  });
}

bool ServiceValues::have_emptied_maps(const Services& cleanups) const {
  constexpr std::array maps = std::to_array<std::string_view>(
      {"always_bcc", "canonical_maps", "masquerade_domains", "recipient_bcc_maps", "recipient_canonical_maps",
       "sender_bcc_maps", "sender_canonical_maps", "virtual_alias_maps", "virtual_maps"});
  return !cleanups.empty() && std::ranges::all_of(cleanups, [&](const MasterService* service) {
    const auto is_empty = [&](std::string_view map) { return expanded(*service, map) == std::string(); };
    const auto is_own = [&](std::string_view map) { return own_value(*service, map).has_value(); };
    return std::ranges::all_of(maps, is_empty) && std::ranges::any_of(maps, is_own);
  });
}

bool ServiceValues::are_alike(const Services& services, std::string_view program) const {
  return std::ranges::all_of(parameters_read(services, program), [&](const std::string& parameter) {
    const auto first = own_value(*services.front(), parameter);
    return std::ranges::all_of(services, [&](const auto* one) { return own_value(*one, parameter) == first; });
  });
}

}  // namespace shorthop
