#include "postfix/inbound/measures.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <utility>

#include "postfix/inbound/access_tables.h"
#include "postfix/inbound/check_rules.h"
#include "postfix/inbound/known_programs.h"
#include "postfix/inbound/restrictions.h"
#include "postfix/milter_list.h"
#include "tables/table_name.h"
#include "tables/types.h"
#include "text/ascii.h"
#include "text/items.h"

namespace shorthop {
namespace {

/// Adds the items of a list parameter; the key of each is its text.
void add_items(Measures& measures, std::string_view parameter, std::string_view value) {
  for (const std::string& item : list_items(value)) measures.push_back({item, fmt::format("{} = {}", parameter, item)});
}

/// The name of a known program, else the text that names its socket.
std::string program_key(std::string_view text) {
  const KnownProgram* program = find_known_program(text);
  return std::string(program == nullptr ? text : program->name);
}

/// The measures of programs with this task; nullopt: of unknown programs.
Measures of_task(Measures measures, std::optional<ProgramTask> task) {
  std::erase_if(measures, [&](const Measure& measure) {
    const KnownProgram* program = find_known_program(measure.text);
    return program == nullptr ? task.has_value() : program->task != task;
  });
  return measures;
}

Measures together(Measures measures, Measures more) {
  std::ranges::move(more, std::back_inserter(measures));
  return measures;
}

/// The key of each is its text.
Measures measures_of(const std::vector<std::string>& texts) {
  Measures measures;
  for (const std::string& text : texts) measures.push_back({text, text});
  return measures;
}

/// The key of an unknown milter is its socket, without braces and attributes.
Measures all_milters(const InboundServer& server) {
  Measures measures;
  for (const std::string& filter : server.mail().sendmail.filters) measures.push_back({program_key(filter), filter});
  for (const MilterEntry& entry : milter_entries(server.value("smtpd_milters"))) {
    measures.push_back({program_key(entry.milter), fmt::format("smtpd_milters = {}", entry.milter)});
  }
  return measures;
}

/// Tables of milters for single clients. The name of a table does not show the programs that its entries name.
Measures milter_tables(const InboundServer& server) {
  Measures measures;
  add_items(measures, "smtpd_milter_maps", server.value("smtpd_milter_maps"));
  return measures;
}

Measures milters_and_services(const InboundServer& server) {
  return together(all_milters(server), policy_services(server));
}

/// Two programs of the same name may have different rules, so the whole text is the key.
Measures with_texts_as_keys(Measures measures) {
  for (Measure& measure : measures) measure.key = measure.text;
  return measures;
}

/// mailcow keeps its tables in /opt/postfix/conf/sql/. Its rspamd enforces alias.internal and sends the copies that the
/// table bcc_maps asks for. No parameter of Postfix shows either.
bool is_mailcow(const InboundServer& server) {
  return std::ranges::any_of(server.mail().values,
                             [](const auto& named) { return named.second.contains("/opt/postfix/conf/sql/"); });
}

bool contains_any(std::string_view text, std::initializer_list<std::string_view> marks) {
  return std::ranges::any_of(marks, [&](std::string_view mark) { return text.contains(mark); });
}

Measure measure_of(const CheckRule& rule, const std::string& table) {
  return {rule.text, fmt::format("{}:{} {}", origin_file_of(table), rule.line, rule.action)};
}

/// The rules of all tables of header and body checks that can be read.
Measures check_rules(const InboundServer& server, bool moves_mail) {
  Measures measures;
  for (const std::string& table : check_tables_of(server)) {
    const std::string* text = server.mail().check_table(table);
    if (text == nullptr) continue;
    const auto name = TableName::parse(table);
    for (const CheckRule& rule : name ? access_rules_in(*name, *text) : check_rules_in(*text)) {
      if (rule.moves_mail() != moves_mail) continue;
      measures.push_back(moves_mail ? measure_of(rule, table) : Measure{rule.text, table});
    }
  }
  return measures;
}

struct RenamedRestriction {
  std::string_view before;  // before Postfix 2.3
  std::string_view now;
};

// postconf(5) smtpd_client_restrictions and smtpd_helo_restrictions. Postfix knows both names.
constexpr std::array renamed_restrictions = std::to_array<RenamedRestriction>({
    {"reject_invalid_hostname", "reject_invalid_helo_hostname"},
    {"reject_non_fqdn_hostname", "reject_non_fqdn_helo_hostname"},
    {"reject_unknown_client", "reject_unknown_client_hostname"},
    {"reject_unknown_hostname", "reject_unknown_helo_hostname"},
});

std::string restriction_key(const Restriction& restriction) {
  const auto row = std::ranges::find(renamed_restrictions, restriction.name, &RenamedRestriction::before);
  return row == renamed_restrictions.end() ? restriction.text() : std::string(row->now);
}

/// The restrictions whose names are asked for, each with its argument.
Measures restrictions_named(const InboundServer& server, bool (*is_asked)(std::string_view name)) {
  Measures measures;
  for (const Restriction& restriction : restrictions_of(server)) {
    if (!is_asked(restriction.name)) continue;
    measures.push_back({restriction_key(restriction), restriction.text()});
  }
  return measures;
}

bool asks_dns_list(std::string_view name) {
  return name.starts_with("reject_rbl_") || name.starts_with("reject_rhsbl_");
}

/// The name of a DNS list without the customer's key, which is the first label with some providers, as in
/// KEY.zen.dq.spamhaus.net. shorthop-export removes keys by the same rule.
std::string without_customer_key(const std::string& domain) {
  constexpr std::size_t max_name = 15;  // of a label that is not a key
  const auto dots = std::ranges::count(domain, '.');
  const std::size_t first = domain.find('.');
  return dots > 3 || (dots == 3 && first > max_name) ? domain.substr(first) : domain;
}

/// Whether a table of sender_canonical_maps belongs to an SRS daemon.
bool is_srs_table(std::string_view table) {
  const TableType* type = type_of_table(table);
  return (type != nullptr && type->is_server) || table.contains("srs");
}

}  // namespace

Measures no_measures(const InboundServer& /*server*/) { return {}; }

Measures content_filters(const InboundServer& server) {
  Measures measures;
  for (const std::string_view parameter : {"content_filter", "smtpd_proxy_filter"}) {
    const std::string value = server.value(parameter);
    if (!value.empty()) measures.push_back({program_key(value), fmt::format("{} = {}", parameter, value)});
  }
  return measures;
}

Measures filtering_milters(const InboundServer& server) {
  Measures milters = of_task(all_milters(server), ProgramTask::filter);
  return together(together(std::move(milters), of_task(all_milters(server), std::nullopt)), milter_tables(server));
}

Measures all_filters(const InboundServer& server) {
  return together(together(content_filters(server), all_milters(server)), milter_tables(server));
}

Measures policy_services(const InboundServer& server) {
  Measures measures;
  for (const Restriction& restriction : restrictions_of(server)) {
    if (restriction.name != "check_policy_service") continue;
    measures.push_back({program_key(restriction.argument), restriction.text()});
  }
  return measures;
}

Measures filtering_policy_services(const InboundServer& server) {
  return together(of_task(policy_services(server), ProgramTask::filter),
                  of_task(policy_services(server), std::nullopt));
}

Measures routine_programs(const InboundServer& server) {
  return of_task(milters_and_services(server), ProgramTask::routine);
}

Measures sender_rules(const InboundServer& server) {
  Measures measures = with_texts_as_keys(of_task(milters_and_services(server), ProgramTask::sender_rules));
  if (is_mailcow(server)) measures.push_back({"mailcow", "internal aliases of mailcow"});
  return measures;
}

/// A service on the loopback interface or a local socket of this host is not the one that the primary asks, even if
/// both have the same name.
Measures shared_sender_rules(const InboundServer& server) {
  Measures measures = sender_rules(server);
  std::erase_if(measures, [](const Measure& measure) {
    return contains_any(measure.text, {"unix:", "localhost", "127.", "[::1]", "mailcow"});
  });
  return measures;
}

Measures archives(const InboundServer& server) {
  Measures measures = with_texts_as_keys(
      of_task(together(content_filters(server), milters_and_services(server)), ProgramTask::archive));
  if (is_mailcow(server)) measures.push_back({"mailcow", "bcc_maps of mailcow, by its rspamd"});
  return measures;
}

Measures shared_archives(const InboundServer& server) {
  Measures measures = archives(server);
  std::erase_if(measures, [](const Measure& measure) { return measure.key == "mailcow"; });
  return measures;
}

Measures header_actions(const InboundServer& server) {
  Measures measures = together(check_rules(server, true), measures_of(server.mail().sendmail.header_rules));
  for (const std::string& table : check_tables_of(server)) {
    if (server.mail().check_table(table) == nullptr) measures.push_back({table, table + " (cannot be read)"});
  }
  return measures;
}

Measures readable_header_actions(const InboundServer& server) { return check_rules(server, true); }

Measures other_header_checks(const InboundServer& server) { return check_rules(server, false); }

Measures recipient_tables(const InboundServer& server) {
  return restrictions_named(server, [](std::string_view name) { return name == "check_recipient_access"; });
}

Measures access_tables(const InboundServer& server) {
  Measures measures;
  for (const Restriction& restriction : restrictions_of(server)) {
    if (restriction.asks_access_table()) measures.push_back({restriction.text(), restriction.text()});
  }
  return measures;
}

Measures access_actions(const InboundServer& server) {
  return together(readable_access_actions(server), measures_of(server.mail().sendmail.access_rules));
}

Measures readable_access_actions(const InboundServer& server) {
  Measures measures;
  for (const std::string& name : access_tables_of(server)) {
    const auto table = TableName::parse(name);
    const std::string* text = server.mail().check_table(name);
    if (!table || text == nullptr) continue;
    for (const CheckRule& rule : access_rules_in(*table, *text)) {
      if (rule.moves_mail()) measures.push_back(measure_of(rule, name));
    }
  }
  return measures;
}

/// Restrictions about relaying and unknown recipients are left out, because they differ between any two hosts.
Measures refusals(const InboundServer& server) {
  Measures measures = restrictions_named(server, [](std::string_view name) {
    constexpr std::array usual = std::to_array<std::string_view>(
        {"reject_unauth_destination", "reject_unlisted_recipient", "reject_unverified_recipient"});
    return name.starts_with("reject_") && !asks_dns_list(name) && std::ranges::find(usual, name) == usual.end();
  });
  // A bare reject is usual at the end of a list; what counts is whether mail from other hosts may reach it.
  for (const AccessRefusal& refusal : recipient_checks(restriction_parameters(server)).refusals) {
    measures.push_back({refusal.text, refusal.text});
  }
  // postconf(5) smtpd_reject_unlisted_sender: as if the restriction were at the end of each list.
  if (equal_folded(server.value("smtpd_reject_unlisted_sender"), "yes")) {
    measures.push_back({"reject_unlisted_sender", "smtpd_reject_unlisted_sender = yes"});
  }
  return measures;
}

/// postconf(5): "domain=127.0.0.[2..11]*2" in postscreen_dnsbl_sites; only the domain is compared.
Measures dns_lists(const InboundServer& server) {
  Measures measures;
  const auto add = [&](const std::string& site) {
    const std::string domain = site.substr(0, site.find_first_of("=*"));
    measures.push_back({without_customer_key(domain), domain});
  };
  for (const Restriction& restriction : restrictions_of(server)) {
    if (asks_dns_list(restriction.name)) add(restriction.argument);
  }
  if (!server.mail().has_postscreen()) return measures;
  std::ranges::for_each(list_items(server.value("postscreen_dnsbl_sites")), add);
  return measures;
}

Measures screening(const InboundServer& server) {
  return server.mail().has_postscreen() ? Measures{{"postscreen", "postscreen on the SMTP port"}} : Measures{};
}

/// postconf(5): smtpd_enforce_tls is the old name; smtpd_tls_req_ccert asks the client for a certificate too.
Measures required_tls(const InboundServer& server) {
  const std::string level = server.value("smtpd_tls_security_level");
  const bool is_required = level == "encrypt" || (level.empty() && server.value("smtpd_enforce_tls") == "yes");
  if (!is_required) return {};
  Measures measures = {{"tls", "smtpd_tls_security_level = encrypt"}};
  if (server.value("smtpd_tls_req_ccert") == "yes") measures.push_back({"certificate", "smtpd_tls_req_ccert = yes"});
  return measures;
}

Measures copies(const InboundServer& server) {
  Measures measures;
  for (const std::string_view parameter : {"always_bcc", "recipient_bcc_maps", "sender_bcc_maps"}) {
    add_items(measures, parameter, server.cleanup_value(parameter));
  }
  return measures;
}

Measures smarthosts(const InboundServer& server) {
  Measures measures;
  for (const std::string_view parameter :
       {"relayhost", "sender_dependent_relayhost_maps", "sender_dependent_default_transport_maps"}) {
    add_items(measures, parameter, server.value(parameter));
  }
  const std::string transport = server.value("default_transport");
  const std::size_t colon = transport.find(':');
  const bool has_next_hop = colon != transport.npos && !trimmed(transport.substr(colon + 1)).empty();
  if (has_next_hop) measures.push_back({transport, fmt::format("default_transport = {}", transport)});
  return measures;
}

Measures srs(const InboundServer& server) {
  Measures measures;
  for (const std::string& table : list_items(server.cleanup_value("sender_canonical_maps"))) {
    if (is_srs_table(table)) measures.push_back({"srs", fmt::format("sender_canonical_maps = {}", table)});
  }
  return measures;
}

Measures sender_rewriting(const InboundServer& server) {
  Measures measures;
  for (const std::string& table : list_items(server.cleanup_value("sender_canonical_maps"))) {
    if (!is_srs_table(table)) measures.push_back({table, fmt::format("sender_canonical_maps = {}", table)});
  }
  const auto rewrites_senders = [&](std::string_view classes) {
    const std::string value = server.cleanup_value(classes);
    return value.empty() || has_word(value, "envelope_sender");  // in the default of both parameters
  };
  for (const auto& [parameter, classes] :
       {std::pair("canonical_maps", "canonical_classes"), std::pair("masquerade_domains", "masquerade_classes")}) {
    if (rewrites_senders(classes)) add_items(measures, parameter, server.cleanup_value(parameter));
  }
  add_items(measures, "smtp_generic_maps", server.value("smtp_generic_maps"));
  return measures;
}

}  // namespace shorthop
