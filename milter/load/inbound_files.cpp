#include "load/inbound_files.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "load/host/local_sendmail.h"
#include "load/mirror/mirror_directory.h"
#include "load/sendmail_inbound.h"

namespace shorthop {

namespace fs = std::filesystem;

Profile profile_of_mirror(const RelaySettings& settings, const FileReader& files) {
  const fs::path mirror = settings.mirror.value;
  const bool is_of_sendmail = files.stamp(mirror / "sendmail.cf").exists && !files.stamp(mirror / "postconf").exists;
  return is_of_sendmail ? Profile::sendmail : settings.profile.value;
}

namespace {

InboundMail inbound_of_sendmail(const fs::path& cf, const FindCopy& find_copy, const FileReader& files) {
  const auto text = files.read(cf);
  if (!text) return unknown_inbound_mail(fmt::format("{}: {}", cf.string(), text.error().what));
  InboundMail mail;
  mail.values["message_size_limit"] = "0";  // not Postfix's default; Sendmail has no limit by default
  mail.sendmail = sendmail_inbound(*text, find_copy);
  return mail;
}

InboundMail inbound_of_postfix(const std::string& mirror, const FileReader& files) {
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

}  // namespace

std::optional<InboundMail> inbound_of_mirror(const RelaySettings& settings, const FileReader& files) {
  const fs::path mirror = settings.mirror.value;
  if (mirror.empty() || !files.stamp(mirror).exists) return std::nullopt;
  const Profile profile = profile_of_mirror(settings, files);
  if (profile == Profile::postfix) return inbound_of_postfix(mirror, files);
  if (profile == Profile::flat) return std::nullopt;
  const RootedFiles of_primary(files, mirror / "files");
  return inbound_of_sendmail(
      mirror / "sendmail.cf", [&](std::string_view path) { return of_primary.read(path); }, files);
}

InboundMail inbound_of_own_sendmail(const FileReader& files) {
  return inbound_of_sendmail(own_sendmail_cf, [&](std::string_view path) { return files.read(path); }, files);
}

InboundMail inbound_of_host(const Parameters& parameters, const std::string& config_directory,
                            const FileReader& files) {
  const fs::path path = fs::path(config_directory) / "master.cf";
  const auto master = files.read(path);
  if (!master) return unknown_inbound_mail(fmt::format("{}: {}", path.string(), master.error().what));
  return inbound_mail(parameters, parse_master_services(*master), files, "/");
}

}  // namespace shorthop
