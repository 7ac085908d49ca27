#include "tool/load_all.h"

#include <filesystem>

#include "postfix/postconf.h"
#include "system/dns.h"

namespace shorthop::tool {

const LoadSources& tool_sources(bool use_dns) {
  static const SystemPostconf postconf;
  static const SystemHostAddresses addresses;
  static const SystemMxLookup exchangers({std::chrono::seconds(4), {}});
  static const LoadSources sources{postconf, addresses, exchangers};
  static const LoadSources without_dns{postconf, addresses, exchangers, false};
  return use_dns ? sources : without_dns;
}

int report(const Diagnostics& problems, Streams& streams) {
  for (const Diagnostic& problem : problems) streams.errors.write(problem.text() + "\n");
  return exit_status(problems);
}

std::expected<LoadedAll, int> load_all(const std::string& config, Streams& streams, bool use_dns) {
  Diagnostics warnings;
  const auto files = std::make_shared<SystemFiles>();
  auto settings = read_settings(config, *files, warnings);
  if (!settings) return std::unexpected(report(settings.error(), streams));
  auto reader = std::make_unique<const ActingAs>(reader_of_copies(*settings, config == default_config));
  auto snapshot = load_snapshot(*settings, files, tool_sources(use_dns), warnings);
  if (!snapshot) return std::unexpected(report(snapshot.error(), streams));
  return LoadedAll{std::move(reader), std::move(*snapshot), std::move(*settings)};
}

std::expected<LoadedAll, int> load_if_configured(const std::string& config, Streams& streams) {
  std::error_code ignored;
  if (config == default_config && !std::filesystem::exists(config, ignored)) return LoadedAll{};
  auto loaded = load_all(config, streams);
  if (!loaded) streams.errors.write("shorthop: note: alias data is not used, for the reasons above\n");
  return loaded;
}

}  // namespace shorthop::tool
