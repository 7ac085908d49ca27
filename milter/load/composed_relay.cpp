#include "load/composed_relay.h"

#include <fmt/format.h>

#include <utility>

#include "load/host/client_access.h"
#include "mail/host.h"
#include "postfix/inbound/differences.h"
#include "primary/routing.h"
#include "system/ip_address.h"

namespace shorthop {
namespace {

/// Sets the mode to observe if nothing may be edited: because of the relay's data, or of this host's other milters.
void hold_in_observe(const RelayState& state, const Settings& settings, const LoadedHost& host, Relay& relay) {
  const bool others_may_edit = !host.other_milters.empty() && settings.other_milters_edit.value_or(true);
  relay.held_in_observe = others_may_edit
                              ? fmt::format("{} in this host's list of milters", fmt::join(host.other_milters, ", "))
                              : state.data.observe_only;
  if (!relay.held_in_observe.empty()) relay.mode = Mode::observe;
}

}  // namespace

std::string primary_name(const RelaySettings& relay) { return host_key(relay.primary.value); }

std::shared_ptr<const Relay> composed_relay(const RelayState& state, const Settings& settings, const LoadedHost& host,
                                            const DnsAnswers& dns, bool uses_dns) {
  auto relay = std::make_shared<Relay>(*state.data.relay);
  const std::string primary = primary_name(state.settings);
  if (!is_ip_address(primary)) relay->client_names = {primary};
  if (auto addresses = dns.addresses_of(primary); addresses) {
    relay->client_addresses = std::move(*addresses);
  } else if (uses_dns) {
    relay->unknown_addresses = std::move(addresses.error());
  }
  relay->other_exchangers = dns.other_exchangers(*relay, state.settings.domains.value);
  relay->newest = newest_data_of(state.data);
  relay->loaded = state.loaded;
  relay->entries.clear();
  for (const auto& [table, count] : state.data.entries) {
    if (count) relay->entries[table] = *count;
  }
  relay->pending = state.pending;
  relay->copies_merge_here = host.host->merges_copies();
  relay->all_or_none = asks_lone_recipients(relay->primary) || host.host->acts_on_messages();
  relay->why_incomplete = state.data.why_incomplete;
  if (const auto& inbound = state.data.inbound) {
    relay->unaccepted =
        unaccepted_differences(differences(*inbound, host.inbound), state.settings.accepted_differences.value);
  }
  set_client_action(*relay, host.client_tables, state.settings.accepted_differences.value);
  hold_in_observe(state, settings, host, *relay);
  return relay;
}

}  // namespace shorthop
