#include "load/host/load_local_host.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "load/host/local_host.h"
#include "load/host/local_sendmail.h"
#include "load/host/sendmail_filters.h"
#include "load/inbound_files.h"
#include "mail/host.h"
#include "postfix/berkeley_db_redirect.h"
#include "postfix/master_services.h"
#include "postfix/milter_list.h"
#include "system/ip_address.h"
#include "tables/types.h"
#include "text/ascii.h"
#include "text/items.h"

namespace shorthop {
namespace {

Diagnostic settings_problem(const Settings& settings, Severity severity, std::string what, std::string fix) {
  return {{settings.file, 0}, std::move(what), std::move(fix), severity, ErrorClass::settings};
}

/// The names of the settings that are not set, so that Postfix must be asked instead.
std::string unset_settings(const Settings& settings) {
  const bool domains = settings.local_domains.value.empty();
  const bool recipients = settings.local_recipients.value.empty();
  if (domains && recipients) return "local-domains and local-recipients";
  return domains ? "local-domains" : recipients ? "local-recipients" : "";
}

bool has_main_cf(const Settings& settings, const FileReader& files) {
  const auto text = files.read(std::filesystem::path(settings.postfix_config) / "main.cf");
  return text || text.error().kind != ReadFailure::Kind::missing;
}

/// The answer of this host's Postfix. It has no parameters if Postfix was not asked, or did not answer.
struct PostfixAnswer {
  std::optional<Parameters> parameters;
  bool has_postfix = false;
  std::optional<LookupFailure> failure;
};

std::string fix_for_no_answer(const Settings& settings, ChildFailure::Kind kind, std::string_view unset) {
  std::string others = fmt::format("set {}, or let postfix-config name the directory of its main.cf", unset);
  if (kind == ChildFailure::Kind::not_found) return others;
  return fmt::format("make `postconf -c {}` succeed for the user of shorthopd; or {}",
                     printable(settings.postfix_config, 80), others);
}

PostfixAnswer ask_postfix(const Settings& settings, const FileReader& files, const Postconf& postconf,
                          Diagnostics& problems, Diagnostics& warnings) {
  const std::string unset = unset_settings(settings);
  if (settings.postfix_config.empty()) {
    if (!unset.empty()) {
      problems.push_back(settings_problem(settings, Severity::error,
                                          "the domains and users of this host are not known: postfix-config is none",
                                          fmt::format("set {}, or postfix-config", unset)));
    }
    return {};
  }
  if (unset.empty() && !has_main_cf(settings, files)) return {};
  auto answer = postconf.ask(settings.postfix_config);
  if (answer) return {std::move(*answer), true, std::nullopt};
  if (!unset.empty()) {
    // Without a relay this is only a warning: the daemon may be installed before the mail system is set up.
    const bool is_needed = !settings.relays.empty();
    (is_needed ? problems : warnings)
        .push_back(settings_problem(settings, is_needed ? Severity::error : Severity::warning,
                                    fmt::format("this host's Postfix cannot be asked: {}", answer.error().what),
                                    fix_for_no_answer(settings, answer.error().kind, unset)));
    return {std::nullopt, true, LookupFailure{answer.error().what, FailureKind::unavailable}};
  }
  warnings.push_back(
      settings_problem(settings, Severity::warning,
                       fmt::format("cannot ask this host's Postfix what it rewrites: {}", answer.error().what),
                       "if this host has no Postfix, write postfix-config = none"));
  if (answer.error().kind == ChildFailure::Kind::not_found) return {};
  return {std::nullopt, true, LookupFailure{answer.error().what, FailureKind::unavailable}};
}

/// Without a recipient table smtpd(8) accepts every name of the class, so no user can be proven to exist.
void report_empty_recipient_maps(const Settings& settings, const LocalPostfix& postfix, Diagnostics& warnings) {
  if (!settings.local_recipients.value.empty()) return;
  const auto report = [&](Severity severity, std::string what, std::string fix) {
    warnings.push_back(settings_problem(settings, severity, std::move(what), std::move(fix)));
    warnings.back().subject = Subject::tables_of_this_host;
  };
  if (postfix.local_recipients.empty()) {
    report(Severity::warning,
           "this host's local_recipient_maps is empty, so no user of mydestination is known to exist: recipients are "
           "kept",
           "set local-recipients = unix:passwd.byname text:/etc/aliases, or local_recipient_maps");
  }
  if (postfix.virtual_mailbox_domains.empty() || !postfix.virtual_mailboxes.empty()) return;
  const bool has_aliases = !postfix.virtual_aliases.empty();
  report(has_aliases ? Severity::note : Severity::warning,
         has_aliases
             ? "this host's virtual_mailbox_maps is empty, so of virtual_mailbox_domains only the addresses in "
               "virtual_alias_maps are known to exist: recipients that lead to others are kept"
             : "this host's virtual_mailbox_maps is empty, so no mailbox of virtual_mailbox_domains is known to "
               "exist: recipients that lead there are kept",
         "set local-recipients to a table of these mailboxes, or virtual_mailbox_maps");
}

/// The name of the first override in this host's master.cf that gives a parameter in `read` another value than main.cf,
/// as `postconf -P` writes it: "cleanup/unix/virtual_alias_maps". Empty: there is none. An override that empties a
/// parameter is ignored, because services for mail that comes back from a filter usually have such overrides. But it
/// counts if it may make the smtpd(8) on the SMTP port refuse what main.cf accepts.
std::string own_value_of_service(const Parameters& parameters, const std::set<std::string, std::less<>>& read) {
  constexpr std::array known_to_smtpd = std::to_array<std::string_view>(
      {"alias_maps", "canonical_maps", "recipient_canonical_maps", "recipient_delimiter", "virtual_alias_maps"});
  for (const auto& [name, value] : parameters) {
    const std::string_view parameter = name_without_service(name);
    if (parameter.size() == name.size() || !read.contains(parameter)) continue;
    const std::string_view service = std::string_view(name).substr(0, name.size() - parameter.size() - 1);
    const bool may_refuse =
        std::ranges::find(known_to_smtpd, parameter) != known_to_smtpd.end() && may_be_public_smtpd(service);
    if (trimmed(value).empty() && !may_refuse) continue;
    if (trimmed(value) != trimmed(text_or_empty(parameters, parameter))) return name;
  }
  return {};
}

/// A filter of SMTP commands or replies. Relayed mail and mail that comes back pass it; an added recipient does not.
struct SmtpFilter {
  std::string_view parameter;
  std::string_view effect;
};
constexpr std::array smtp_filters = std::to_array<SmtpFilter>(
    {{"smtpd_command_filter", "may change recipients"}, {"smtp_reply_filter", "may change replies of the primary"}});

/// What the first of these filters may do, with its name in main.cf or in a service; empty: none has a value.
std::string effect_of_smtp_filter(const Parameters& parameters) {
  for (const auto& [name, value] : parameters) {
    const auto row = std::ranges::find(smtp_filters, name_without_service(name), &SmtpFilter::parameter);
    if (row == smtp_filters.end() || trimmed(value).empty()) continue;
    return fmt::format("{} of this host {}", printable(name, 100), row->effect);
  }
  return {};
}

/// Keeps every recipient if a service has its own value of a parameter that is followed, or if there is a filter
/// of commands or replies: what they do to recipients is not known.
void keep_all_for_own_settings(const Settings& settings, const Parameters& parameters, LocalHostParts& parts,
                               Diagnostics& warnings) {
  const auto keep_all = [&](std::string what, std::string fix) {
    warnings.push_back(
        settings_problem(settings, Severity::warning, what + ": every recipient is kept", std::move(fix)));
    parts.postfix_failure = LookupFailure{std::move(what), FailureKind::not_followed};
  };
  if (const std::string name = own_value_of_service(parameters, parts.postfix->read); !name.empty()) {
    keep_all(fmt::format("{} in this host's master.cf is not followed", printable(name, 100)),
             "set it in main.cf, for all services");
  }
  if (std::string effect = effect_of_smtp_filter(parameters); !effect.empty()) {
    keep_all(std::move(effect), "remove it; shorthop does not follow it");
  }
}

/// The settings for mail from other hosts; if master.cf cannot be read, the settings of main.cf.
InboundMail inbound_or_main_cf(const InboundMail& inbound, const Parameters& parameters, const FileReader& files) {
  return inbound.unknown.empty() ? inbound : inbound_mail(parameters, {}, files, "/");
}

std::string delimiters_of_host(const Settings& settings, const PostfixAnswer& answer) {
  if (settings.recipient_delimiter) return settings.recipient_delimiter->value;
  if (answer.parameters) {
    const auto found = answer.parameters->find("recipient_delimiter");
    return found == answer.parameters->end() ? std::string() : found->second;
  }
  // Without Postfix the MTA is Sendmail, or another one with "plussed users". If a Postfix does not answer, nothing is
  // guessed: a wrong delimiter could make unknown users seem to exist.
  return answer.has_postfix ? "" : "+";
}

void set_domains(LoadedHost& host, const LocalPostfix& postfix) {
  host.has_other_domains = false;
  for (const MatchList* list :
       {&postfix.mydestination, &postfix.virtual_alias_domains, &postfix.virtual_mailbox_domains}) {
    for (std::string& name : list->names()) host.domains.push_back(std::move(name));
    if (!list->has_only_names()) host.has_other_domains = true;
  }
}

void pass_on(Diagnostics own_problems, Diagnostics& problems, Diagnostics& warnings) {
  for (Diagnostic& problem : own_problems) {
    (problem.severity == Severity::error ? problems : warnings).push_back(std::move(problem));
  }
}

}  // namespace

void report_local_relay_domains(const RelaySettings& settings, const LocalHost& host, Diagnostics& diagnostics) {
  for (const std::string& domain : settings.domains.value) {
    if (!host.is_local_domain(domain, no_deadline).value_or(false)) continue;
    diagnostics.push_back(
        {settings.domains.origin, fmt::format("{} is local to this host, so its mail is not relayed", domain),
         "remove it from domains, or from this host's local domains", Severity::warning, ErrorClass::settings});
  }
}

OwnNames own_names_of(const Parameters& parameters) {
  OwnNames own;
  if (const std::string* name = find_value(parameters, "myhostname")) own.names.push_back(host_key(*name));
  for (const char* parameter : {"inet_interfaces", "proxy_interfaces"}) {
    for (const std::string& item : list_items(text_or_empty(parameters, parameter))) {
      if (const auto address = IpAddress::parse(bare_host(item))) own.addresses.push_back(address->unmapped().text());
    }
  }
  return own;
}

MilterMaps milter_maps_of(const Parameters& parameters, TableOpener& opener) {
  MilterMaps maps;
  Diagnostics unreported;  // a table that cannot be opened cannot be listed either
  for (const std::string& name : milter_map_tables(parameters)) {
    const TableList opened = opener.open_or_fail("smtpd_milter_maps", {name}, unreported);
    const Table& table = *opened.tables().front();
    if (const TableType* type = type_of_table(name); type != nullptr && type->is_constant) {
      if (const Lookup list = table.find("any client"); list && *list) {
        maps.lists.push_back({name, "any client", (*list)->value});
        continue;
      }
    }
    const bool is_listed = table.each_entry([&](auto client, auto milters, std::uint32_t) {
      maps.lists.push_back({name, std::string(client), std::string(milters)});
    });
    if (!is_listed) maps.unlisted.push_back(name);
  }
  return maps;
}

LoadedHost load_local_host(const Settings& settings, const FileReader& files, const Postconf& postconf,
                           TableOpener& opener, Diagnostics& problems, Diagnostics& warnings) {
  Diagnostics own_problems;
  PostfixAnswer answer = ask_postfix(settings, files, postconf, own_problems, warnings);
  LocalHostParts parts;
  LoadedHost result;
  parts.delimiters = delimiters_of_host(settings, answer);
  parts.postfix_failure = std::move(answer.failure);
  result.inbound = answer.parameters ? inbound_of_host(*answer.parameters, settings.postfix_config, files)
                                     : unknown_inbound_mail("this host's Postfix was not asked");
  if (answer.parameters) {
    opener.redirect_with([parameters = *answer.parameters](const TableName& table) {
      return redirect_berkeley_db(table, [&](std::string_view name) -> std::optional<std::string> {
        return std::string(text_or_empty(parameters, name));
      });
    });
    LocalPostfix postfix = local_postfix(*answer.parameters, files, opener, warnings);
    postfix.delimiters = parts.delimiters;
    const InboundMail inbound = inbound_or_main_cf(result.inbound, *answer.parameters, files);
    // A filter may drop the ORCPT of mail that comes back.
    postfix.merges_copies = postfix.merges_copies || may_filter_by_rule(inbound, files, "/");
    report_empty_recipient_maps(settings, postfix, warnings);
    result.client_tables = client_tables(inbound, opener, warnings);
    result.own = own_names_of(*answer.parameters);
    result.other_milters =
        milters_beside(settings.socket, *answer.parameters, milter_maps_of(*answer.parameters, opener));
    set_domains(result, postfix);
    parts.postfix = std::move(postfix);
    keep_all_for_own_settings(settings, *answer.parameters, parts, warnings);
  }
  if (!settings.local_domains.value.empty()) {
    const std::vector<std::string>& domains = settings.local_domains.value;
    parts.domains.emplace(domains.begin(), domains.end());
    parts.main_domain = domains.front();
    result.domains = domains;
    result.has_other_domains = false;
  }
  if (!settings.local_recipients.value.empty()) {
    parts.recipients = opener.open(settings.local_recipients, TextFormat::first_word, own_problems);
  }
  parts.sendmail_aliases = opener.open(settings.local_aliases, TextFormat::sendmail_aliases, warnings);
  if (!answer.has_postfix) {
    const std::string cf = files.read(own_sendmail_cf).value_or(std::string());
    result.other_milters = filters_beside(sendmail_filters(cf), settings.socket);
    result.inbound = inbound_of_own_sendmail(files);
    parts.sendmail =
        local_sendmail(settings.local_domains.value, parts.recipients.value_or(TableList()), files, opener, warnings);
  }
  result.live_tables = opener.live_tables();
  if (!has_error(own_problems)) result.host = local_host(std::move(parts));
  pass_on(std::move(own_problems), problems, warnings);
  return result;
}

}  // namespace shorthop
