#include "load/copied_settings.h"

#include <optional>
#include <string_view>
#include <tuple>

namespace shorthop {
namespace {

std::optional<std::string_view> delimiter_of(const RelaySettings& settings) {
  if (!settings.recipient_delimiter) return std::nullopt;
  return settings.recipient_delimiter->value;
}

/// The settings that a load of the relay uses. A new setting that a load uses belongs here.
auto settings_for_load(const RelaySettings& settings) {
  return std::tie(settings.domains.value, settings.primary.value, settings.profile.value,
                  settings.primary_domains.value, settings.arrives_here, settings.mirror.value, settings.host_overrides,
                  settings.path_overrides, settings.table_parameters.value, settings.trust_forward_files,
                  settings.srs_tables, settings.virtual_alias_maps.value, settings.alias_maps.value,
                  settings.forward_files.value, settings.include_root.value, settings.primary_postconf.value,
                  settings.mailboxes.value);
}

}  // namespace

void copy_settings(const RelaySettings& settings, Relay& relay) {
  relay.name = settings.name;
  relay.next_hops = settings.next_hops.value;
  relay.mode = settings.mode;
  relay.excluded = settings.excluded;
  relay.rewrite_only = settings.rewrite_only;
  relay.control = settings.control;
  relay.split = settings.split;
  relay.refuses_unknown = settings.reject_unknown;
  relay.max_age = settings.max_age;
}

bool is_same_data(const RelaySettings& before, const RelaySettings& now) {
  return settings_for_load(before) == settings_for_load(now) && delimiter_of(before) == delimiter_of(now);
}

}  // namespace shorthop
