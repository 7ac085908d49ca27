#include "postfix/postconf.h"

#include <fmt/format.h>

#include <vector>

namespace shorthop {

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
  // Postfix before 2.11 does not know -P.
  if (const auto overrides = child_output(program, {"-c", config_directory, "-P"}, limits_)) {
    parameters.merge(parse_parameters(*overrides));
  }
  return parameters;
}

}  // namespace shorthop
