#include "load/load.h"

#include <utility>

namespace shorthop {

std::expected<std::shared_ptr<const Snapshot>, Diagnostics> load_snapshot(
    const Settings& settings, const std::shared_ptr<const FileReader>& files, const Outside& outside,
    Diagnostics& diagnostics) {
  Settings at_once = settings;
  at_once.settle_time = std::chrono::seconds(0);
  auto loaded = DataLoader(files, outside, std::make_shared<Backends>()).load(at_once);
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  for (Diagnostic& diagnostic : loaded->diagnostics) diagnostics.push_back(std::move(diagnostic));
  return std::move(loaded->snapshot);
}

}  // namespace shorthop
