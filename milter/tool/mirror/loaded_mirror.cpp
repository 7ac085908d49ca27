#include "tool/mirror/loaded_mirror.h"

#include <utility>

namespace shorthop::tool {

std::expected<LoadedMirror, Diagnostics> load_generation(const Settings& settings, const RelaySettings& relay,
                                                         const std::filesystem::path& directory,
                                                         const LoadSources& sources) {
  LoadedMirror result;
  result.settings = relay;
  result.settings.mirror.value = directory.native();
  Settings only = settings;
  only.relays = {result.settings};
  only.settle_time = std::chrono::seconds(0);
  only.state.clear();  // no check against remembered sizes: the caller looks for shrunken tables
  result.loader = std::make_unique<DataLoader>(std::make_shared<SystemFiles>(), sources, std::make_shared<Backends>());
  auto loaded = result.loader->load(only);
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  result.snapshot = std::move(loaded->snapshot);
  result.diagnostics = std::move(loaded->diagnostics);
  result.data = result.loader->data_of(relay.name);
  return result;
}

}  // namespace shorthop::tool
