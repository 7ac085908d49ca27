#include "postfix/postconf.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "postfix/postfix_facts.h"

namespace shorthop {
namespace {

/// Whether the Postfix with these parameters has `postconf -P` (2.11 and later). False if its version is not known.
bool knows_overrides(const Parameters& parameters) {
  const auto version = parameters.find("mail_version");
  if (version == parameters.end()) return false;
  return parse_postfix_version(version->second) >= PostfixVersion{2, 11};
}

/// Replaces references such as $mua_recipient_restrictions in the overrides of services. A name that is not defined
/// counts as empty, as in Postfix.
void expand_overrides(Parameters& overrides, const Parameters& main_cf) {
  Parameters expanded;
  for (const auto& [name, value] : overrides) {
    const std::string service = name.substr(0, name.rfind('/') + 1);
    const auto value_of = [&](std::string_view inner) -> std::optional<std::string> {
      if (const auto own = overrides.find(service + std::string(inner)); own != overrides.end()) return own->second;
      const auto found = main_cf.find(inner);
      return found == main_cf.end() ? std::string() : found->second;
    };
    expanded[name] = expand_parameters(value, value_of).value_or(value);
  }
  overrides = std::move(expanded);
}

}  // namespace

std::expected<Parameters, ChildFailure> SystemPostconf::ask(const std::string& config_directory) const {
  const std::string program = find_program("postconf");
  if (program.empty()) {
    return std::unexpected(ChildFailure{ChildFailure::Kind::not_found, "postconf not found"});
  }
  const auto text = child_output(program, {"-c", config_directory, "-x"}, limits_);
  if (!text) return std::unexpected(text.error());
  Parameters parameters = parse_parameters(*text);
  // Every Postfix has this parameter.
  if (!parameters.contains("mydestination")) {
    return std::unexpected(
        ChildFailure{ChildFailure::Kind::failed, fmt::format("{} does not print mydestination", program)});
  }
  const auto of_services = child_output(program, {"-c", config_directory, "-P"}, limits_);
  if (of_services) {
    Parameters overrides = parse_parameters(*of_services);
    expand_overrides(overrides, parameters);
    parameters.merge(overrides);
  } else if (knows_overrides(parameters)) {
    return std::unexpected(of_services.error());
  }
  return parameters;
}

}  // namespace shorthop
