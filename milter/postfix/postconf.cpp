#include "postfix/postconf.h"

#include <fmt/format.h>

#include <vector>

#include "postfix/postfix_facts.h"

namespace shorthop {
namespace {

/// Whether its postconf(1) has the option -P, which came with Postfix 2.11. False if the version is not known.
bool knows_overrides(const Parameters& parameters) {
  const auto version = parameters.find("mail_version");
  if (version == parameters.end()) return false;
  return parse_postfix_version(version->second) >= PostfixVersion{2, 11};
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
  const auto overrides = child_output(program, {"-c", config_directory, "-P"}, limits_);
  if (overrides) {
    parameters.merge(parse_parameters(*overrides));
  } else if (knows_overrides(parameters)) {
    return std::unexpected(overrides.error());
  }
  return parameters;
}

}  // namespace shorthop
