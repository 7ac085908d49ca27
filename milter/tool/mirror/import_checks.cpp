#include "tool/mirror/import_checks.h"

#include <fmt/format.h>

#include <algorithm>

#include "load/data_files.h"
#include "load/entry_counts.h"
#include "load/load_relay.h"
#include "mail/host.h"
#include "system/ip_address.h"
#include "text/ascii.h"
#include "text/utc_time.h"

namespace shorthop::tool {
namespace {

Diagnostic refusal(const Origin& origin, std::string what, std::string fix) {
  return {origin, std::move(what), std::move(fix), Severity::error, ErrorClass::data};
}

std::optional<Diagnostic> fault_of_host(const Manifest& manifest, const RelaySettings& relay,
                                        const KnownBefore& before) {
  if (before.accepts_host) return std::nullopt;
  const std::string host = host_key(manifest.host);
  if (!before.host.empty()) {
    if (host_key(before.host) == host) return std::nullopt;
    return refusal(relay.primary.origin,
                   fmt::format("the bundle is of {}, and the mirror in force is of {}", excerpt(manifest.host),
                               excerpt(before.host)),
                   "export the right host; if the primary has a new name, use --accept-host");
  }
  const std::string primary = host_key(relay.primary.value);
  if (primary == host || is_ip_address(primary)) return std::nullopt;
  return refusal(relay.primary.origin,
                 fmt::format("the bundle is of {}, and the primary is {}", excerpt(manifest.host), excerpt(primary)),
                 "export the right host; if this is the primary's own name, use --accept-host");
}

std::optional<Diagnostic> fault_of_time(const Manifest& manifest, const RelaySettings& relay, const KnownBefore& before,
                                        std::chrono::system_clock::time_point now) {
  const Origin origin{relay.mirror.value, 0};
  const std::string time = utc_time_text(*manifest.time);
  if (!is_plausible(*manifest.time, now)) {
    return refusal(origin, fmt::format("the bundle is of {}, which is in the future", time),
                   "set the clocks of both hosts");
  }
  if (!before.newest || *manifest.time > *before.newest) return std::nullopt;
  return refusal(
      origin,
      fmt::format("the bundle is of {}, and is not newer than the mirror, {}", time, utc_time_text(*before.newest)),
      "export the primary again; --rollback goes back to an older generation");
}

/// Whether the primary accepts mail for the domain: false only if all its lists and tables are known and lack it.
bool may_have_domain(const Primary& primary, const std::string& domain) {
  const auto is_listed = primary.rules.lists(domain, no_deadline);
  if (!is_listed || *is_listed) return true;
  if (!primary.rules.alias_domains_are_keys) return false;
  const auto is_key = primary.virtual_aliases.contains(domain, no_deadline);
  return !is_key || *is_key;
}

std::optional<Diagnostic> fault_of_domains(const LoadedMirror& now) {
  const Primary& primary = now.relay().primary;
  if (primary.profile != Profile::postfix || primary.unproven) return std::nullopt;
  for (const std::string& domain : now.settings.domains.value) {
    if (may_have_domain(primary, domain)) continue;
    return refusal(now.settings.domains.origin,
                   fmt::format("the primary of the bundle accepts no mail for {}", excerpt(domain)),
                   "export the right primary; if this is the right one, remove the domain from domains");
  }
  return std::nullopt;
}

}  // namespace

std::optional<Diagnostic> fault_of_bundle(const Manifest& manifest, const RelaySettings& relay,
                                          const KnownBefore& before, std::chrono::system_clock::time_point now) {
  if (auto fault = fault_of_host(manifest, relay, before)) return fault;
  return fault_of_time(manifest, relay, before, now);
}

std::optional<Diagnostic> fault_of_generation(const LoadedMirror* before, const EntryCounts& remembered,
                                              const LoadedMirror& now, bool accepts_shrink) {
  const Origin origin{now.settings.file, 0};
  if (!now.data->torn.empty()) return refusal(origin, "the unpacked bundle cannot be loaded: " + now.data->torn, "");
  if (auto fault = fault_of_domains(now)) return fault;
  if (before == nullptr || accepts_shrink || !now.settings.max_shrink) return std::nullopt;
  const EntryCounts known = last_known_entries(remembered, before->data->entries);
  std::string shrunk = shrunk_tables(known, now.data->entries, *now.settings.max_shrink);
  if (shrunk.empty()) shrunk = dropped_tables(known, now.data->entries, *now.settings.max_shrink);
  if (shrunk.empty()) return std::nullopt;
  return refusal(origin, shrunk + ": that is more than max-shrink", "if that is right, import it with --accept-shrink");
}

}  // namespace shorthop::tool
