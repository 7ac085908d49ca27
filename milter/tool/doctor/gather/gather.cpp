#include "tool/doctor/gather/gather.h"

#include <set>

#include "load/data_loader.h"
#include "load/inbound_files.h"
#include "mail/host.h"
#include "postfix/parameters.h"
#include "tool/accounts.h"
#include "tool/daemon_state.h"
#include "tool/load_all.h"
#include "tool/setup/routes.h"
#include "tool/subcommand.h"

namespace shorthop::tool {
namespace {

void add_tables(HostFacts& facts, const std::string& relay, const TableList& tables) {
  for (const auto& table : tables.tables()) facts.tables.push_back({relay, table->name(), table->entries()});
}

void add_relays(HostFacts& facts) {
  std::set<const Relay*> seen;  // the map has a relay once for each of its domains
  for (const auto& [domain, relay] : facts.snapshot->relay_by_domain) {
    if (!seen.insert(relay.get()).second) continue;
    add_tables(facts, relay->name, relay->primary.virtual_aliases);
    add_tables(facts, relay->name, relay->primary.aliases);
    if (relay->primary.mailboxes) add_tables(facts, relay->name, *relay->primary.mailboxes);
  }
}

/// Loads settings and tables as the daemon does.
void load(HostFacts& facts, const std::string& postfix_directory, bool use_dns) {
  Diagnostics warnings;
  Settings settings = *facts.settings;
  if (!settings.postfix_config.empty()) settings.postfix_config = postfix_directory;
  auto snapshot = load_snapshot(settings, std::make_shared<SystemFiles>(), tool_sources(use_dns), warnings);
  if (snapshot) {
    facts.snapshot = std::move(*snapshot);
    add_relays(facts);
  } else {
    facts.problems.insert(facts.problems.end(), snapshot.error().begin(), snapshot.error().end());
  }
  facts.problems.insert(facts.problems.end(), warnings.begin(), warnings.end());
}

/// myhostname in a mirror; empty if its postconf does not have it.
std::string host_name_in(const std::string& mirror, const FileReader& files) {
  const Parameters parameters = parse_parameters(files.read(mirror + "/postconf").value_or(std::string()));
  return host_key(text_or_empty(parameters, "myhostname"));
}

/// Compares the settings of both hosts, as the daemon does.
void gather_differences(HostFacts& facts) {
  const SystemFiles files;
  const bool is_known = facts.postfix && !facts.postfix->facts.services_failure;
  InboundMail here = unknown_inbound_mail("this host's Postfix cannot be asked");
  if (is_known) {
    here = inbound_mail(facts.postfix->facts.values, facts.postfix->facts.services, files, "/");
  } else if (!facts.postfix) {
    here = inbound_of_own_sendmail(files);
  }
  for (const RelaySettings& relay : facts.settings->relays) {
    const auto primary = inbound_of_mirror(relay, files);
    if (!primary) continue;
    facts.differences.push_back({relay.name, differences(*primary, here), host_name_in(relay.mirror.value, files)});
  }
}

void gather_pulls(HostFacts& facts) {
  for (const RelaySettings& relay : facts.settings->relays) {
    if (!relay.pull) continue;
    facts.pulls.push_back({relay.name, relay.pull->origin, last_pull(relay.mirror.value, SystemFiles())});
  }
}

void gather_daemon(HostFacts& facts) {
  facts.daemon_answers = daemon_answers(facts.config);
  if (facts.snapshot) facts.other_data = other_data(*facts.snapshot, data_of_daemon(facts.config));
  facts.state_failure = state_failure_of_daemon(facts.config);
  facts.has_other_settings = has_other_settings(*facts.settings);
  facts.predictions = predictions_of_daemon(facts.config);
}

/// False if the settings cannot be read; facts.problems says why.
bool gather_settings(HostFacts& facts) {
  Diagnostics warnings;
  auto settings = read_settings(facts.config, SystemFiles(), warnings);
  if (settings) {
    facts.settings = std::move(*settings);
    return true;
  }
  facts.problems = std::move(settings.error());
  facts.problems.insert(facts.problems.end(), warnings.begin(), warnings.end());
  return false;
}

}  // namespace

HostFacts gather(const CheckOptions& options) {
  constexpr std::chrono::seconds max_survey_time{30};
  constexpr std::chrono::seconds max_dns_time{20};
  HostFacts facts;
  facts.config = options.config;
  facts.now = std::chrono::system_clock::now();
  if (!gather_settings(facts)) return facts;
  const std::string directory =
      options.postfix_config.empty() ? facts.settings->postfix_config : options.postfix_config;
  gather_mta(facts, directory);
  gather_files(facts);
  {
    const ActingAs reader(reader_of_copies(*facts.settings, facts.config == default_config));
    load(facts, directory, options.use_dns);
    gather_live_tables(facts);
    gather_surveys(facts, max_survey_time);
    gather_differences(facts);
    gather_pulls(facts);
  }
  facts.silence_of_daemon = silence_of_daemon(facts.config);
  facts.absence_of_daemon = absence_of_daemon(facts.config);
  if (facts.silence_of_daemon.empty() && facts.absence_of_daemon.empty()) gather_daemon(facts);
  facts.own = own_names(facts.postfix ? &facts.postfix->facts : nullptr);
  if (options.use_dns) gather_dns(facts, max_dns_time);
  return facts;
}

}  // namespace shorthop::tool
