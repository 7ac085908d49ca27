#include "tool/discover/load_if_there.h"

#include <filesystem>

namespace shorthop::tool {

std::expected<LoadedAll, int> load_if_there(const std::string& config, Streams& streams) {
  std::error_code ignored;
  if (config == default_config && !std::filesystem::exists(config, ignored)) return LoadedAll{};
  auto loaded = load_all(config, streams);
  if (!loaded) streams.errors.write("shorthop: note: alias data is not used, for the reasons above\n");
  return loaded;
}

}  // namespace shorthop::tool
