// The doctor on how Postfix asks the milter: there, last, once, with the right default_action and protocol, for every
// smtpd(8) that other hosts reach and every client.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "load/main_cf.h"
#include "load/milter_list.h"
#include "mail/ascii.h"
#include "tool/checks.h"
#include "tool/setup_plan.h"

namespace shorthop::tool {
namespace {

constexpr std::string_view list_name = "smtpd_milters";

/// A number, or 0.
int version_in(std::string_view text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// The checks of one list of milters, as one service has it.
class MilterList {
 public:
  MilterList(const HostFacts& facts, Place place, std::string where, std::string_view list)
      : postfix_(*facts.postfix),
        place_(std::move(place)),
        where_(std::move(where)),
        entries_(milter_entries(list)),
        is_ours_(leads_to_shorthop(*facts.settings, postfix_.facts.value("queue_directory"))),
        entry_(milter_entry(*facts.settings, postfix_.facts.value("queue_directory"))) {}

  bool has_shorthop() const { return std::ranges::any_of(entries_, is_ours_); }

  void check(std::string_view missing_code, Findings& findings) const {
    const auto ours = std::ranges::find_if(entries_, is_ours_);
    if (ours == entries_.end()) {
      findings.add(missing_code, place_, fmt::format("shorthop is not in {}", where_),
                   fmt::format("let it end in {} (shorthop setup --apply does it in main.cf)", entry_));
      return;
    }
    if (std::ranges::count_if(entries_, is_ours_) > 1) {
      findings.add("milter-twice", place_, fmt::format("{} has shorthop more than once", where_), "leave the last one");
    }
    if (!is_ours_(entries_.back())) {
      findings.add("milter-not-last", place_,
                   fmt::format("{} has {} behind shorthop", where_, printable(entries_.back().endpoint)),
                   fmt::format("let it end in {}", entry_));
    }
    check_entry(*ours, findings);
  }

 private:
  void check_entry(const MilterEntry& ours, Findings& findings) const {
    if (ours.text.starts_with('{') && postfix_.facts.number() < first_with_milter_attributes) {
      findings.add("milter-old-postfix", place_,
                   fmt::format("Postfix {} does not know {}", printable(postfix_.facts.version), printable(ours.text)),
                   fmt::format("write {} without braces, and milter_default_action = accept", ours.endpoint));
      return;
    }
    check_default_action(ours, findings);
    check_protocol(ours, findings);
  }

  void check_default_action(const MilterEntry& ours, Findings& findings) const {
    const std::string_view own = ours.attribute("default_action");
    const std::string_view action = own.empty() ? postfix_.facts.value("milter_default_action") : own;
    if (action == "accept") return;
    findings.add("milter-default-action", own.empty() ? place_of_default() : place_,
                 fmt::format("the default_action of shorthop is {}{} (Postfix {})",
                             action.empty() ? "not known" : printable(action),
                             own.empty() ? ", that of milter_default_action" : "", printable(postfix_.facts.version)),
                 fmt::format("write {} in {}", entry_, where_));
  }

  void check_protocol(const MilterEntry& ours, Findings& findings) const {
    const std::string_view own = ours.attribute("protocol");
    const std::string protocol(own.empty() ? postfix_.facts.value("milter_protocol") : own);
    if (protocol.empty() || version_in(protocol) >= 6) return;
    findings.add("milter-protocol", own.empty() ? place_of_parameter(postfix_, "milter_protocol") : place_,
                 fmt::format("the milter protocol is {}, not 6", printable(protocol)),
                 "take milter_protocol out of main.cf: 6 is the default");
  }

  Place place_of_default() const {
    Place place = place_of_parameter(postfix_, "milter_default_action");
    return place.line != 0 ? place : place_;
  }

  const PostfixHost& postfix_;
  Place place_;
  std::string where_;
  std::vector<MilterEntry> entries_;
  std::function<bool(const MilterEntry&)> is_ours_;
  std::string entry_;
};

/// Every smtpd(8) that other hosts reach must ask shorthop; others may.
void check_services(const HostFacts& facts, Findings& findings) {
  const PostfixHost& postfix = *facts.postfix;
  bool main_list_holds = postfix.facts.services.empty();
  for (const MasterService& service : postfix.facts.services) {
    if (service.command != "smtpd") continue;
    if (!service.override_of(list_name)) {
      main_list_holds = main_list_holds || is_public_smtpd(service);
      continue;
    }
    const MilterList list(facts, place_of_service(postfix, service),
                          fmt::format("{} of {} in master.cf", list_name, service.place()),
                          postfix.facts.value_for(service, list_name));
    if (is_public_smtpd(service) || list.has_shorthop()) list.check("milter-missing", findings);
  }
  if (!main_list_holds) return;
  MilterList(facts, place_of_parameter(postfix, list_name), std::string(list_name), postfix.facts.value(list_name))
      .check("milter-missing", findings);
}

void check_maps(const HostFacts& facts, Findings& findings) {
  const PostfixHost& postfix = *facts.postfix;
  const Place place = place_of_parameter(postfix, "smtpd_milter_maps");
  for (const std::string& table : postfix.unlisted_milter_maps) {
    findings.add("milter-maps", place, fmt::format("the lists in {} cannot be read", printable(table)),
                 fmt::format("see that each of them ends in {}",
                             milter_entry(*facts.settings, postfix.facts.value("queue_directory"))));
  }
  for (const MappedMilters& mapped : postfix.mapped_milters) {
    const Place in_table{mapped.table, 0};
    if (folded(trimmed(mapped.milters)) == "disable") {
      findings.add("milter-maps-disable", in_table, fmt::format("{}: DISABLE", printable(mapped.client)), {});
      continue;
    }
    const MilterList list(facts, in_table, fmt::format("the list of client {}", printable(mapped.client)),
                          mapped.milters);
    list.check("milter-maps", findings);
  }
}

/// postconf(5) milter_rcpt_macros: without {rcpt_mailer} the MTA's own route is not known.
void check_macros(const PostfixHost& postfix, Findings& findings) {
  const std::string_view macros = postfix.facts.value("milter_rcpt_macros");
  if (macros.empty() || macros.contains("rcpt_mailer")) return;
  findings.add("milter-macros", place_of_parameter(postfix, "milter_rcpt_macros"),
               "{rcpt_mailer} is not among milter_rcpt_macros", "take milter_rcpt_macros out of main.cf");
}

}  // namespace

Place place_of_parameter(const PostfixHost& postfix, std::string_view name) {
  const auto parameter = parameter_in(postfix.main_cf, name);
  return {postfix.main_cf_path, parameter ? parameter->line : 0};
}

Place place_of_service(const PostfixHost& postfix, const MasterService& service) {
  Place place{postfix.master_cf_path, 0};
  std::uint32_t number = 0;
  for (std::string_view rest = postfix.master_cf; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    ++number;
    const auto services = parse_master_services(line);
    if (services.empty() || is_space(line.front()) || services.front().place() != service.place()) continue;
    place.line = number;
    break;
  }
  return place;
}

void check_milter(const HostFacts& facts, Findings& findings) {
  if (!facts.settings || !facts.postfix) return;
  check_services(facts, findings);
  check_maps(facts, findings);
  check_macros(*facts.postfix, findings);
}

}  // namespace shorthop::tool
