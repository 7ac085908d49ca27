#include "tool/load_all.h"

namespace shorthop::tool {
namespace {

int report(const Diagnostics& problems, Streams& streams) {
  for (const Diagnostic& problem : problems) streams.errors.write(problem.text() + "\n");
  return exit_status(problems);
}

}  // namespace

std::expected<Settings, int> load_settings(const std::string& config, Streams& streams) {
  Diagnostics warnings;
  auto settings = read_settings(config, SystemFiles(), warnings);
  if (!settings) return std::unexpected(report(settings.error(), streams));
  return std::move(*settings);
}

std::expected<std::shared_ptr<const Snapshot>, int> load_all(const std::string& config, Streams& streams) {
  const auto settings = load_settings(config, streams);
  if (!settings) return std::unexpected(settings.error());
  Diagnostics warnings;
  auto snapshot = load_snapshot(*settings, std::make_shared<SystemFiles>(), warnings);
  if (!snapshot) return std::unexpected(report(snapshot.error(), streams));
  return std::move(*snapshot);
}

}  // namespace shorthop::tool
