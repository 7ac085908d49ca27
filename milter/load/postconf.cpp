#include "load/postconf.h"

#include <fmt/format.h>

#include <array>
#include <vector>

namespace shorthop {
namespace {

constexpr std::array<std::string_view, 16> names = {"mydestination",
                                                    "myhostname",
                                                    "mydomain",
                                                    "myorigin",
                                                    "local_recipient_maps",
                                                    "alias_maps",
                                                    "virtual_alias_domains",
                                                    "virtual_alias_maps",
                                                    "virtual_mailbox_domains",
                                                    "virtual_mailbox_maps",
                                                    "canonical_maps",
                                                    "recipient_canonical_maps",
                                                    "recipient_bcc_maps",
                                                    "recipient_delimiter",
                                                    "relay_domains",
                                                    "owner_request_special"};

}  // namespace

std::span<const std::string_view> local_parameters() { return names; }

std::expected<Parameters, ChildFailure> SystemPostconf::ask(const std::string& config_directory) const {
  const std::string program = find_program("postconf");
  if (program.empty()) {
    return std::unexpected(ChildFailure{ChildFailure::Kind::not_found, "there is no program postconf on this host"});
  }
  std::vector<std::string> arguments = {"-c", config_directory, "-x"};
  arguments.insert(arguments.end(), names.begin(), names.end());
  const auto text = child_output(program, arguments, limits_);
  if (!text) return std::unexpected(text.error());
  Parameters parameters = parse_parameters(*text);
  // Every Postfix has this one, so an answer without it is none.
  if (!parameters.contains("mydestination")) {
    return std::unexpected(
        ChildFailure{ChildFailure::Kind::failed, fmt::format("{} does not tell mydestination", program)});
  }
  return parameters;
}

}  // namespace shorthop
