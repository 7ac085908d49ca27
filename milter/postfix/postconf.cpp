#include "postfix/postconf.h"

#include <fmt/format.h>

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "postfix/postfix_facts.h"

namespace shorthop {
namespace {

/// Whether the Postfix with these parameters has `postconf -P` (2.11 and later). False if its version is not known.
bool knows_overrides(const Parameters& parameters) {
  return parse_postfix_version(text_or_empty(parameters, "mail_version")) >= PostfixVersion{2, 11};
}

/// What services have instead of main.cf's values: the overrides, expanded, and the parameters of main.cf that refer to
/// an override. `main_cf` is not expanded.
class OwnValues {
 public:
  OwnValues(const Parameters& overrides, const Parameters& main_cf) : overrides_(overrides), main_cf_(main_cf) {}

  Parameters all() const {
    Parameters values;
    std::set<std::string> services;
    for (const auto& [name, value] : overrides_) {
      const std::string service(service_of(name));
      services.insert(service);
      values[name] = expanded_by_postfix(value, [&](auto inner) { return seen_by(service, inner); });
    }
    for (const std::string& service : services) add_by_reference(service, values);
    return values;
  }

 private:
  void add_by_reference(const std::string& service, Parameters& values) const {
    const auto own = [&](std::string_view name) {
      return is_greeting_name(service, name) ? find_text(main_cf_, name) : seen_by(service, name);
    };
    for (const auto& [name, value] : main_cf_) {
      if (!value.contains('$') || overrides_.contains(service + name)) continue;
      std::string of_service = expanded_by_postfix(value, own);
      const bool differs =
          of_service != expanded_by_postfix(value, [&](auto inner) { return find_text(main_cf_, inner); });
      if (differs) values[service + name] = std::move(of_service);
    }
  }

  /// Whether a service's own value of this parameter is only a host name for greetings. Services often have such a
  /// name. Only trivial-rewrite(8) uses lists of domains that refer to the name, so such a value does not change them.
  static bool is_greeting_name(std::string_view service, std::string_view name) {
    return service != "rewrite/unix/" && (name == "myhostname" || name == "mydomain");
  }

  std::optional<std::string> seen_by(const std::string& service, std::string_view name) const {
    auto own = find_text(overrides_, service + std::string(name));
    return own ? own : find_text(main_cf_, name);
  }

  const Parameters& overrides_;
  const Parameters& main_cf_;
};

/// What the services of master.cf have instead of main.cf's values.
std::expected<Parameters, ChildFailure> service_values(const std::string& program, const std::string& directory,
                                                       const ChildLimits& limits) {
  const auto text = child_output(program, {"-c", directory, "-P"}, limits);
  if (!text) return std::unexpected(text.error());
  const Parameters overrides = parse_parameters(*text);
  if (overrides.empty()) return Parameters();
  // Without -x: expanded values do not show what they refer to.
  const auto main_cf = child_output(program, {"-c", directory}, limits);
  if (!main_cf) return std::unexpected(main_cf.error());
  return OwnValues(overrides, parse_parameters(*main_cf)).all();
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
  auto of_services = service_values(program, config_directory, limits_);
  if (of_services) {
    parameters.merge(*of_services);
  } else if (knows_overrides(parameters)) {
    return std::unexpected(of_services.error());
  }
  return parameters;
}

}  // namespace shorthop
