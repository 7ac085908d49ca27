#include "load/load.h"

#include <sysexits.h>

#include <algorithm>
#include <utility>

namespace shorthop {

std::expected<std::shared_ptr<const Snapshot>, Diagnostics> load_snapshot(
    const Settings& settings, const std::shared_ptr<const FileReader>& files, const Outside& outside,
    Diagnostics& diagnostics) {
  Settings at_once = settings;
  at_once.settle_time = std::chrono::seconds(0);
  auto loaded = DataLoader(files, outside).load(at_once);
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  for (Diagnostic& diagnostic : loaded->diagnostics) diagnostics.push_back(std::move(diagnostic));
  return std::move(loaded->snapshot);
}

int exit_status(const Diagnostics& diagnostics) {
  struct Row {
    Trouble trouble;
    int status;
  };
  for (const Row row : {Row{Trouble::settings, EX_CONFIG}, Row{Trouble::missing, EX_NOINPUT},
                        Row{Trouble::temporary, EX_TEMPFAIL}, Row{Trouble::data, EX_DATAERR}}) {
    const bool has_it = std::ranges::any_of(diagnostics, [&](const Diagnostic& diagnostic) {
      return diagnostic.severity == Severity::error && diagnostic.trouble == row.trouble;
    });
    if (has_it) return row.status;
  }
  return EX_OK;
}

}  // namespace shorthop
