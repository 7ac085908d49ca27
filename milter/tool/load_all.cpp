#include "tool/load_all.h"

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

}  // namespace shorthop::tool
