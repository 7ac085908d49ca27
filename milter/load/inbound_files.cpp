#include "load/inbound_files.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "load/mirror/mirror.h"

namespace shorthop {

namespace fs = std::filesystem;

Profile profile_of_mirror(const RelaySettings& settings, const FileReader& files) {
  const fs::path mirror = settings.mirror.value;
  const bool is_of_sendmail = files.stamp(mirror / "sendmail.cf").exists && !files.stamp(mirror / "postconf").exists;
  return is_of_sendmail ? Profile::sendmail : settings.profile.value;
}

bool has_postfix_mirror(const RelaySettings& settings, const FileReader& files) {
  return !settings.mirror.value.empty() && files.stamp(settings.mirror.value).exists &&
         profile_of_mirror(settings, files) == Profile::postfix;
}

InboundMail inbound_of_mirror(const std::string& mirror, const FileReader& files) {
  std::string unknown;
  const auto text_of = [&](const char* name) {
    const fs::path path = fs::path(mirror) / name;
    auto text = files.read(path);
    if (!text && unknown.empty()) unknown = fmt::format("{}: {}", path.string(), text.error().what);
    return text.value_or(std::string());
  };
  Parameters values = parse_parameters(text_of("postconf"));
  const std::string master = text_of("master");
  auto services = parse_master_services(master);
  set_service_parameters(services, master);
  const RootedFiles of_primary(files, fs::path(mirror) / "files");
  InboundMail mail = inbound_mail(std::move(values), std::move(services), of_primary, "/");
  mail.unknown = std::move(unknown);
  return mail;
}

InboundMail inbound_of_host(const Parameters& parameters, const std::string& config_directory,
                            const FileReader& files) {
  const fs::path path = fs::path(config_directory) / "master.cf";
  const auto master = files.read(path);
  if (!master) return unknown_inbound_mail(fmt::format("{}: {}", path.string(), master.error().what));
  return inbound_mail(parameters, parse_master_services(*master), files, "/");
}

}  // namespace shorthop
