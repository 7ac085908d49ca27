// The doctor on Postfix's use of the milter: it must be listed last and only once, with the right default_action and
// protocol, for every smtpd(8) that other hosts reach and for every client.
#include <fmt/format.h>

#include <algorithm>

#include "postfix/main_cf.h"
#include "postfix/milter_list.h"
#include "text/ascii.h"
#include "text/lines.h"
#include "tool/doctor/checks.h"
#include "tool/doctor/milter_faults.h"

namespace shorthop::tool {
namespace {

constexpr std::string_view list_name = "smtpd_milters";

/// Reports the faults of a list, at `place` or at the parameter of main.cf that causes them.
void check_list(const HostFacts& facts, const NamedMilterList& list, const Origin& place, std::string_view missing_code,
                Findings& findings) {
  const PostfixHost& postfix = *facts.postfix;
  const auto place_of = [&](std::string_view parameter) {
    if (parameter.empty()) return place;
    Origin own = place_of_parameter(postfix, parameter);
    return own.line != 0 ? own : place;
  };
  for (MilterFault& fault : milter_faults(list, postfix.facts, *facts.settings)) {
    findings.add(fault.code == "milter-missing" ? missing_code : fault.code, place_of(fault.parameter),
                 std::move(fault.what), std::move(fault.fix));
  }
  if (const auto version = old_milter_protocol(list, postfix.facts, *facts.settings)) {
    findings.add("milter-protocol", place_of("milter_protocol"),
                 fmt::format("Postfix uses version {} of the milter protocol for shorthop, not 6", *version),
                 "accept this, or write protocol=6 in shorthop's own entry, which does not affect other milters");
  }
}

bool has_shorthop(const HostFacts& facts, std::string_view list) {
  return std::ranges::any_of(milter_entries(list),
                             leads_to_shorthop(*facts.settings, facts.postfix->facts.value("queue_directory")));
}

/// Whether a before-queue filter takes the mail of this smtpd(8), and shorthop is asked behind that filter instead.
bool is_asked_later(const MasterService& smtpd, const HostFacts& facts) {
  const PostfixFacts& postfix = facts.postfix->facts;
  return !postfix.value_for(smtpd, "smtpd_proxy_filter").empty() && is_asked_behind_filter(postfix, *facts.settings);
}

/// Every smtpd(8) that other hosts reach must use shorthop; with a before-queue filter, the smtpd(8) behind the filter
/// may use it instead. Other smtpd(8) services may use it, but need not.
void check_services(const HostFacts& facts, Findings& findings) {
  const PostfixHost& postfix = *facts.postfix;
  bool is_main_list_used = postfix.facts.services.empty();
  for (const MasterService& service : postfix.facts.services) {
    if (service.command != "smtpd" || is_asked_later(service, facts)) continue;
    if (!postfix.facts.own_value(service, list_name)) {
      is_main_list_used =
          is_main_list_used || is_public_smtpd(service) || asks_shorthop(service, postfix.facts, *facts.settings);
      continue;
    }
    const NamedMilterList list{fmt::format("{} of {} in master.cf", list_name, service.postconf_name()),
                               postfix.facts.value_for(service, list_name)};
    if (!is_public_smtpd(service) && !has_shorthop(facts, list.text)) continue;
    check_list(facts, list, place_of_service(postfix, service), "milter-missing", findings);
  }
  if (!is_main_list_used) return;
  check_list(facts, {std::string(list_name), std::string(postfix.facts.value(list_name)), true},
             place_of_parameter(postfix, list_name), "milter-missing", findings);
}

/// FILTER_README: a content filter gives each message to a second smtpd(8). If both smtpd(8) ask shorthop, it decides
/// and counts each message twice.
void check_behind_filter(const HostFacts& facts, Findings& findings) {
  const PostfixHost& postfix = *facts.postfix;
  const auto& services = postfix.facts.services;
  const auto asks = [&](const MasterService& service) {
    return asks_shorthop(service, postfix.facts, *facts.settings);
  };
  const bool is_filtered = std::ranges::any_of(services, [&](const MasterService& service) {
    return is_public_smtpd(service) && !postfix.facts.value_for(service, "content_filter").empty() && asks(service);
  });
  for (const MasterService& service : services) {
    if (is_filtered && is_behind_filter(service, postfix.facts) && asks(service)) {
      findings.add("milter-twice", place_of_service(postfix, service),
                   fmt::format("{}, after the content filter, asks shorthop again", service.postconf_name()),
                   "add -o smtpd_milters= to that service");
    }
    if (is_public_smtpd(service) && is_asked_later(service, facts) && asks(service)) {
      findings.add("milter-twice", place_of_service(postfix, service),
                   fmt::format("{}, before its smtpd_proxy_filter, asks shorthop too", service.postconf_name()),
                   "add -o smtpd_milters= to that service, with its other milters");
    }
  }
}

void check_maps(const HostFacts& facts, Findings& findings) {
  const PostfixHost& postfix = *facts.postfix;
  const Origin place = place_of_parameter(postfix, "smtpd_milter_maps");
  for (const std::string& table : postfix.milter_maps.unlisted) {
    findings.add("milter-maps", place, fmt::format("the lists in {} cannot be read", printable(table)),
                 fmt::format("make each of them end with {}",
                             milter_entry(*facts.settings, postfix.facts.value("queue_directory"))));
  }
  for (const MappedMilters& mapped : postfix.milter_maps.lists) {
    const Origin in_table{mapped.table, 0};
    if (mapped.disables_all()) {
      findings.add("milter-maps-disable", in_table, fmt::format("{}: DISABLE", printable(mapped.client)), {});
      continue;
    }
    check_list(facts, {fmt::format("the list of client {}", printable(mapped.client)), mapped.milters}, in_table,
               "milter-maps", findings);
  }
}

void check_others(const HostFacts& facts, Findings& findings) {
  const PostfixHost& postfix = *facts.postfix;
  report_other_milters(
      milters_beside(postfix.facts, *facts.settings, postfix.facts.value(list_name), postfix.milter_maps),
      *facts.settings, findings);
}

/// postconf(5) milter_rcpt_macros: without {rcpt_mailer} the MTA's route is unknown.
void check_macros(const PostfixHost& postfix, Findings& findings) {
  const std::string_view macros = postfix.facts.value("milter_rcpt_macros");
  if (macros.empty() || macros.contains("rcpt_mailer")) return;
  findings.add("milter-macros", place_of_parameter(postfix, "milter_rcpt_macros"),
               "{rcpt_mailer} is not among milter_rcpt_macros", "remove milter_rcpt_macros from main.cf");
}

}  // namespace

Origin place_of_parameter(const PostfixHost& postfix, std::string_view name) {
  const auto parameter = parameter_in(postfix.main_cf, name);
  return {postfix.main_cf_path, parameter ? parameter->line : 0};
}

Origin place_of_service(const PostfixHost& postfix, const MasterService& service) {
  Origin place{postfix.master_cf_path, 0};
  std::uint32_t number = 0;
  for (const std::string_view line : lines_of(postfix.master_cf)) {
    ++number;
    const auto services = parse_master_services(line);
    if (services.empty() || is_space(line.front()) || services.front().postconf_name() != service.postconf_name())
      continue;
    place.line = number;
    break;
  }
  return place;
}

void report_other_milters(const std::vector<std::string>& others, const Settings& settings, Findings& findings) {
  if (others.empty() || settings.other_milters_edit == false) return;
  const std::string names = printable(fmt::to_string(fmt::join(others, ", ")));
  const Origin place{settings.file, 0};
  if (settings.other_milters_edit) {
    return findings.add(
        "other-milters", Severity::note, place,
        fmt::format("other-milters-edit-recipients is yes ({}, other than shorthop): no recipient is replaced", names),
        {});
  }
  const bool rewrites =
      std::ranges::any_of(settings.relays, [](const RelaySettings& relay) { return relay.mode == Mode::rewrite; });
  findings.add(
      "other-milters", rewrites ? Severity::error : Severity::warning, place,
      fmt::format("a list of milters has {} other than shorthop, and other-milters-edit-recipients is not set", names),
      fmt::format(
          "if none of them adds or deletes recipients, write other-milters-edit-recipients = no in {}, otherwise yes",
          settings.file));
}

void check_milter(const HostFacts& facts, Findings& findings) {
  if (!facts.settings || !facts.postfix) return;
  check_services(facts, findings);
  check_behind_filter(facts, findings);
  check_maps(facts, findings);
  check_others(facts, findings);
  check_macros(*facts.postfix, findings);
}

}  // namespace shorthop::tool
