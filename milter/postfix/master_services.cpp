#include "postfix/master_services.h"

#include <algorithm>
#include <array>

#include "mail/host.h"
#include "system/ip_address.h"
#include "text/ascii.h"
#include "text/items.h"
#include "text/lines.h"

namespace shorthop {
namespace {

/// The words of a line; text in braces is one word (master(5), "-o { name = value }").
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  while (!(line = trimmed(line)).empty()) {
    std::size_t end = braces_length(line);
    if (end == 0) end = std::min(line.find_first_of(" \t\r\n\v\f"), line.size());
    words.emplace_back(line.substr(0, end));
    line.remove_prefix(end);
  }
  return words;
}

void add_override(Parameters& overrides, std::string_view text) {
  const auto inside = inside_braces(text);
  if (inside) text = *inside;
  const std::size_t equals = text.find('=');
  if (equals == text.npos) return;
  overrides[std::string(trimmed(text.substr(0, equals)))] = trimmed(text.substr(equals + 1));
}

/// "-o name=value" and "-oname=value"; "-c directory" as config_directory; other options are ignored.
void add_overrides(MasterService& service, const std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "-c" && i + 1 < words.size()) {
      service.overrides["config_directory"] = words[++i];
    } else if (words[i] == "-o" && i + 1 < words.size()) {
      add_override(service.overrides, words[++i]);
    } else if (words[i].starts_with("-o")) {
      add_override(service.overrides, std::string_view(words[i]).substr(2));
    }
  }
}

/// name type private unprivileged chroot wakeup maxproc command
std::optional<MasterService> parsed_service(std::string_view line) {
  constexpr std::size_t columns = 8;
  std::vector<std::string> words = words_of(line);
  if (words.size() < columns) return std::nullopt;
  MasterService service{words[0], words[1], words[4], words[7], {}};
  words.erase(words.begin(), words.begin() + columns);
  add_overrides(service, words);
  return service;
}

/// The port in "host:port".
std::string_view port_of(std::string_view name) { return name.substr(name.rfind(':') + 1); }

std::string_view host_of(std::string_view name) { return bare_host(name.substr(0, name.rfind(':'))); }

}  // namespace

std::optional<std::string> MasterService::override_of(std::string_view parameter) const {
  return find_text(overrides, parameter);
}

std::vector<MasterService> parse_master_services(std::string_view text) {
  std::vector<MasterService> services;
  std::string logical;
  const auto close = [&] {
    if (auto service = parsed_service(logical)) services.push_back(std::move(*service));
    logical.clear();
  };
  for (const std::string_view line : lines_of(text)) {
    const std::string_view content = trimmed(line);
    if (content.empty() || content.front() == '#') continue;
    if (!is_space(line.front())) close();
    logical.append(logical.empty() ? "" : " ").append(content);
  }
  close();
  return services;
}

void set_service_parameters(std::vector<MasterService>& services, std::string_view text) {
  for (auto& [name, value] : parse_parameters(text)) {
    const std::size_t slash = name.rfind('/');
    if (slash == name.npos) continue;
    const auto service = std::ranges::find(services, name.substr(0, slash), &MasterService::postconf_name);
    if (service != services.end()) service->overrides[name.substr(slash + 1)] = value;
  }
}

bool is_smtp_listener(const MasterService& service) {
  const std::string_view port = port_of(service.name);
  return service.type == "inet" && (port == "smtp" || port == "25") && !is_loopback(host_of(service.name));
}

bool has_own_address(const MasterService& service) { return service.name.contains(':'); }

bool is_public_smtpd(const MasterService& service) {
  return service.command == "smtpd" && (service.type == "pass" || is_smtp_listener(service));
}

bool may_be_public_smtpd(std::string_view service) {
  const std::size_t slash = std::min(service.rfind('/'), service.size());
  const std::string_view type = service.substr(std::min(slash + 1, service.size()));
  return is_public_smtpd({std::string(service.substr(0, slash)), std::string(type), "-", "smtpd", {}});
}

bool is_submission(const MasterService& service) {
  constexpr std::array ports = std::to_array<std::string_view>({"submission", "587", "submissions", "smtps", "465"});
  return std::ranges::find(ports, port_of(service.name)) != ports.end();
}

bool is_private_smtpd(const MasterService& service) {
  return service.command == "smtpd" && service.type == "inet" && !is_public_smtpd(service) && !is_submission(service);
}

bool is_chrooted(const MasterService& service, bool chrooted_by_default) {
  return service.chroot == "y" || (service.chroot == "-" && chrooted_by_default);
}

}  // namespace shorthop
