#include "load/mirror/parameter_values.h"

#include <fmt/format.h>

#include <algorithm>

#include "load/mirror/primary_parameters.h"
#include "text/ascii.h"
#include "text/items.h"

namespace shorthop {
namespace {

constexpr std::string_view unknown_host = "host.unknown.invalid";

}  // namespace

std::optional<std::string> ParameterValues::written(std::string_view name) const {
  if (auto value = find_text(explicit_values_, name)) return value;
  if (name == "mydomain") {
    const std::string* host = find_value(explicit_values_, "myhostname");
    if (host == nullptr) return "$mydomain";
    const std::size_t dot = host->find('.');
    return dot == host->npos ? "localdomain" : host->substr(dot + 1);
  }
  const auto found = std::ranges::find(defaults, name, &Default::name);
  if (found != defaults.end()) return std::string(found->value);
  if (!is_own_name(name)) return std::nullopt;
  return fmt::format("${}", name);  // it refers to itself, so that it cannot be expanded
}

Parameters ParameterValues::with_config_directory() const {
  Parameters values = explicit_values_;
  values.try_emplace("config_directory", written("config_directory").value_or(""));
  return values;
}

std::expected<std::string, std::string> ParameterValues::expanded(std::string_view name) const {
  bool is_removed = false;
  const auto value_of = [&](std::string_view inner) {
    auto value = written(inner);
    is_removed = is_removed || (value && has_removed_part(*value));
    return value;
  };
  auto value = expand_parameters(value_of(name).value_or(""), value_of);
  if (is_removed) return std::unexpected(std::string(removed_value));
  return value;
}

std::expected<std::string, std::string> ParameterValues::expanded_with_host(std::string_view name) const {
  if (is_explicit("myhostname")) return expanded(name);
  ParameterValues values = *this;
  values.set("myhostname", std::string(unknown_host));
  return values.expanded(name);
}

std::string ParameterValues::expanded_or_empty(std::string_view name) const {
  const auto value_of = [this](std::string_view inner) -> std::optional<std::string> {
    auto value = written(inner);
    const bool is_unknown = !value || (!is_explicit(inner) && value == fmt::format("${}", inner));
    return is_unknown ? std::string() : std::move(value);
  };
  return expanded_by_postfix(written(name).value_or(""), value_of);
}

std::expected<std::vector<std::string>, std::string> ParameterValues::items(std::string_view name) const {
  const auto value = expanded(name);
  if (!value) return std::unexpected(value.error());
  return list_items(*value);
}

bool ParameterValues::is_set(std::string_view name) const {
  const auto value = expanded(name);
  return !value || !trimmed(*value).empty();
}

KnownDomains known_domains(const std::string& list) {
  if (!list.contains(unknown_domain)) return {list, false, {}};
  KnownDomains known;
  for (const std::string& item : list_items(list)) {
    if (item == unknown_host || item == fmt::format("localhost.{}", unknown_domain)) {
      known.lacks_own_name = true;
    } else if (item.contains(unknown_domain)) {
      known.unknown = item;
    } else {
      known.text.append(item).append(1, ' ');
    }
  }
  return known;
}

bool certainly_has(const std::string& list, std::string_view domain) {
  const std::vector<std::string> items = list_items(list);
  const bool excludes = std::ranges::any_of(items, [](const std::string& item) { return item.starts_with('!'); });
  return !excludes && std::ranges::find(items, domain) != items.end();
}

}  // namespace shorthop
