#include "postfix/transports.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "mail/host.h"
#include "text/ascii.h"

namespace shorthop {

bool is_smtp_client(const MasterService& service) { return service.type == "unix" && service.command == "smtp"; }

bool is_client(const MasterService& service) { return is_smtp_client(service) || service.command == "lmtp"; }

bool is_default_smtp(const MasterService& service) {
  return is_smtp_client(service) && (service.name == "smtp" || service.name == "relay");
}

bool is_local(const MasterService& service) { return service.command == "local"; }

std::optional<std::string> transport_of_other_program(const std::vector<MasterService>& services) {
  struct Transport {
    std::string_view name;
    std::string_view program;
  };
  constexpr std::array expected = std::to_array<Transport>({{"smtp", "smtp"}, {"relay", "smtp"}, {"local", "local"}});
  for (const MasterService& service : services) {
    for (const auto& [name, program] : expected) {
      if (service.type != "unix" || service.name != name || service.command == program) continue;
      return fmt::format("the transport {} runs {}", name, printable(service.command, 80));
    }
  }
  return std::nullopt;
}

std::set<std::string, std::less<>> smtp_transports(const std::vector<MasterService>& services,
                                                   const ServiceValues& values) {
  std::set<std::string, std::less<>> names = {"smtp", "relay"};
  Services usual;
  for (const MasterService& one : services) {
    if (is_default_smtp(one)) usual.push_back(&one);
  }
  for (const MasterService& one : services) {
    if (usual.empty() || !is_smtp_client(one) || values.own_value(one, "smtp_tcp_port")) continue;
    Services all = usual;
    all.push_back(&one);
    if (values.are_alike(all, "smtp")) names.insert(one.name);
  }
  return names;
}

std::set<std::string, std::less<>> other_transports(const std::vector<MasterService>& services,
                                                    const Parameters& main_cf) {
  const ServiceValues values(main_cf);
  std::set<std::string, std::less<>> names;
  for (const MasterService& one : services) {
    if (one.type != "unix") continue;
    const std::string port = values.expanded_or_empty(one, "smtp_tcp_port");
    if (!is_smtp_client(one) || !is_smtp_port(trimmed(port))) names.insert(one.name);
  }
  return names;
}

}  // namespace shorthop
