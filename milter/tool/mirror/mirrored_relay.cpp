#include "tool/mirror/mirrored_relay.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "text/ascii.h"
#include "text/nearest.h"
#include "tool/load_all.h"

namespace shorthop::tool {
namespace {

Diagnostic unknown_relay(const Settings& settings, const std::string& name) {
  std::vector<std::string_view> names;
  for (const RelaySettings& relay : settings.relays) names.push_back(relay.name);
  const std::string_view nearest = nearest_word(name, names);
  return {{settings.file, 0},
          fmt::format("there is no relay {}", excerpt(name)),
          nearest.empty() ? std::string("write the name of its file in relay.d, without .conf")
                          : fmt::format("write \"{}\"", nearest),
          Severity::error,
          ErrorClass::settings};
}

}  // namespace

std::expected<MirroredRelay, int> mirrored_relay(const Invocation& invocation, Streams& streams) {
  Diagnostics warnings;
  auto settings = read_settings(invocation.config, SystemFiles(), warnings);
  if (!settings) return std::unexpected(report(settings.error(), streams));
  const std::string& name = invocation.arguments.front();
  const auto found = std::ranges::find(settings->relays, name, &RelaySettings::name);
  if (found == settings->relays.end()) return std::unexpected(report({unknown_relay(*settings, name)}, streams));
  if (found->mirror.value.empty()) {
    const Diagnostic missing{{found->file, 0},
                             "mirror is not set",
                             fmt::format("write mirror = /var/lib/shorthop/{}", found->name),
                             Severity::error,
                             ErrorClass::settings};
    return std::unexpected(report({missing}, streams));
  }
  if (const auto missing = missing_parent_of_mirror(found->mirror.value)) {
    return std::unexpected(report({*missing}, streams));
  }
  RelaySettings relay = *found;
  return MirroredRelay{std::move(*settings), std::move(relay)};
}

std::optional<Diagnostic> missing_parent_of_mirror(const std::string& mirror) {
  const std::filesystem::path parent = std::filesystem::path(mirror).parent_path();
  std::error_code error;
  if (std::filesystem::exists(parent, error) || error) return std::nullopt;
  return Diagnostic{
      {parent.native(), 0},
      "the directory is missing",
      fmt::format("run systemd-tmpfiles --create, or install -d -o shorthop -g shorthop -m 0750 {}", parent.native()),
      Severity::error,
      ErrorClass::missing};
}

}  // namespace shorthop::tool
