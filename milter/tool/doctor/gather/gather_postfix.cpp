// Asks this host's Postfix for shorthop check, by postconf(1) and postmap(1), or reads sendmail.cf if there is none.
#include <algorithm>
#include <filesystem>

#include "load/host/local_host.h"
#include "mail/host.h"
#include "mail/international.h"
#include "primary/routing.h"
#include "settings/setting_values.h"
#include "tables/types/backends.h"
#include "text/ascii.h"
#include "text/items.h"
#include "tool/doctor/gather/gather.h"
#include "tool/setup/routes.h"
#include "tool/setup/setup_facts.h"

namespace shorthop::tool {
namespace {

std::string text_of(const std::string& path) { return SystemFiles().read(path).value_or(std::string()); }

/// trivial-rewrite(8): a domain that is not in relay_domains is sent by default_transport.
DomainRoute route_of(const std::string& domain, bool is_listed, const PostfixFacts& postfix,
                     const PostfixTables& tables) {
  const TransportAnswer answer = transport_of(domain, postfix, tables);
  if (answer.failure) return {{}, {}, answer.failure};
  const auto entry = answer.entry ? std::optional(route_from(*answer.entry)) : std::nullopt;
  const MailRoute usual = route_from(postfix.value(is_listed ? "relay_transport" : "default_transport"));
  const MailRoute route = joined_route(entry, usual, postfix.value("relayhost"));
  return {route.mailer, list_items(route.next_hop), std::nullopt};
}

/// The domain in the spelling that relay_domains has. To Postfix, a U-label and its A-label are two domains.
std::string spelling_in(const MatchList& list, const std::string& domain, bool parents_match) {
  std::string spelled = with_u_labels(domain);
  return list.matches_subdomain(spelled, parents_match, no_deadline).value_or(false) ? spelled : domain;
}

void ask_domains(PostfixHost& host, const Settings& settings, const PostfixTables& tables) {
  const SystemFiles files;
  Backends backends;
  backends.use({{}, settings.postfix_config});
  TableOpener opener(files, backends);
  Diagnostics ignored;  // the loader reports unreadable tables
  const MatchList list = list_of_this_host("relay_domains", host.facts.value("relay_domains"), files, opener, ignored);
  const auto parents = list_items(host.facts.value("parent_domain_matches_subdomains"));
  const bool parents_match = std::ranges::find(parents, "relay_domains") != parents.end();
  for (const RelaySettings& relay : settings.relays) {
    for (const std::string& domain : relay.domains.value) {
      const std::string spelled = spelling_in(list, domain, parents_match);
      const auto is_relayed = list.matches_subdomain(spelled, parents_match, no_deadline);
      host.relays[domain] = is_relayed ? std::optional(*is_relayed) : std::nullopt;
      host.routes[domain] = route_of(spelled, host.relays[domain].value_or(true), host.facts, tables);
      if (host.routes[domain].failure) host.not_asked.push_back("transport_maps: " + *host.routes[domain].failure);
    }
  }
}

PostfixHost postfix_host(PostfixFacts postfix, const Settings& settings, const std::string& directory) {
  PostfixHost host;
  host.facts = std::move(postfix);
  host.main_cf_path = main_cf_in(directory);
  host.main_cf = text_of(host.main_cf_path);
  host.master_cf_path = (std::filesystem::path(directory) / "master.cf").string();
  host.master_cf = text_of(host.master_cf_path);
  const SystemPostfixTables tables(directory);
  host.relay_domains =
      relay_domains_in(host.facts.value("relay_domains"), local_names(host.facts), tables, SystemFiles());
  ask_domains(host, settings, tables);
  host.milter_maps = read_milter_maps(host.facts, directory);
  return host;
}

}  // namespace

void gather_mta(HostFacts& facts, const std::string& postfix_directory) {
  constexpr auto sendmail_cf = "/etc/mail/sendmail.cf";
  if (!postfix_directory.empty()) {
    auto postfix = ask_postfix_facts(postfix_directory);
    if (postfix) {
      facts.postfix = postfix_host(std::move(*postfix), *facts.settings, postfix_directory);
      for (const std::string_view list : {"mydestination", "virtual_alias_domains", "virtual_mailbox_domains"}) {
        for (const std::string& name : list_items(facts.postfix->facts.value(list))) {
          if (is_domain(name)) facts.local_domains.push_back(folded(name));
        }
      }
      return;
    }
    if (postfix.error().kind != ChildFailure::Kind::not_found) facts.postfix_failure = postfix.error().what;
  }
  for (const std::string& domain : facts.settings->local_domains.value) facts.local_domains.push_back(domain);
  if (auto text = SystemFiles().read(sendmail_cf); text) {
    facts.sendmail_cf = std::move(*text);
    facts.sendmail_cf_path = sendmail_cf;
  }
}

}  // namespace shorthop::tool
