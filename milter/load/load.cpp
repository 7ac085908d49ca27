#include "load/load.h"

#include <fmt/format.h>
#include <sysexits.h>

#include <algorithm>
#include <vector>

#include "load/load_local_host.h"
#include "load/load_relay.h"
#include "load/table_opener.h"
#include "primary/chain_memory.h"

namespace shorthop {
namespace {

/// A relay domain that is local here never reaches its primary, so its tables do not count.
void report_local_relay_domains(const RelaySettings& settings, const LocalHost& host, Diagnostics& warnings) {
  for (const std::string& domain : settings.domains.value) {
    if (!host.is_local_domain(domain).value_or(false)) continue;
    warnings.push_back({settings.domains.file, settings.domains.line,
                        fmt::format("{} is local to this host, so its mail is not relayed", domain),
                        "take it out of domains, or out of this host's local domains", Severity::warning,
                        Trouble::settings});
  }
}

/// What the primary's tables make of so many recipients at most can be remembered if no table changes meanwhile.
std::shared_ptr<ChainMemory> memory_for(const Primary& primary, std::size_t most) {
  std::size_t entries = 0;
  for (const TableList* list : {&primary.virtual_aliases, &primary.aliases}) {
    if (!list->is_fixed()) return nullptr;
    for (const auto& table : list->tables()) entries += table->entries().value_or(0);
  }
  if (primary.mailboxes && !primary.mailboxes->is_fixed()) return nullptr;
  return std::make_shared<ChainMemory>(std::min(entries, most));
}

}  // namespace

std::expected<std::shared_ptr<const Snapshot>, Diagnostics> load_snapshot(
    const Settings& settings, const std::shared_ptr<const FileReader>& files, Diagnostics& warnings) {
  return load_snapshot(settings, files, SystemPostconf(), SystemHostAddresses(), warnings);
}

std::expected<std::shared_ptr<const Snapshot>, Diagnostics> load_snapshot(
    const Settings& settings, const std::shared_ptr<const FileReader>& files, const Postconf& postconf,
    const HostAddresses& addresses, Diagnostics& warnings) {
  Diagnostics problems;
  TableOpener opener(*files);
  const LoadedHost loaded = load_local_host(settings, *files, postconf, opener, problems, warnings);
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->host = loaded.host;
  snapshot->relay_transports = settings.relay_transports;
  snapshot->own_aliases = opener.open(settings.local_aliases, TextFormat::sendmail_aliases, problems);
  std::vector<std::shared_ptr<Relay>> relays;
  for (const RelaySettings& relay_settings : settings.relays) {
    auto relay = load_relay(relay_settings, files, opener, loaded.domains, problems, warnings);
    if (relay == nullptr) continue;
    if (loaded.host != nullptr) report_local_relay_domains(relay_settings, *loaded.host, warnings);
    for (const std::string& domain : relay_settings.domains.value) snapshot->relay_by_domain[domain] = relay;
    relays.push_back(std::move(relay));
  }
  if (has_error(problems)) return std::unexpected(std::move(problems));
  find_primaries(relays, addresses, warnings);
  constexpr std::size_t most_remembered = 131'072;  // recipients, of all relays together: 24 MB at most
  for (const auto& relay : relays) relay->primary.memory = memory_for(relay->primary, most_remembered / relays.size());
  return snapshot;
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
