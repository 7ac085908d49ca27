#include "tool/setup/setup_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "mail/host.h"
#include "mail/international.h"
#include "postfix/main_cf.h"
#include "text/ascii.h"
#include "text/lines.h"
#include "tool/doctor/mx_backup.h"
#include "tool/setup/relay_file.h"

namespace shorthop::tool {
namespace {

constexpr std::string_view list_name = "smtpd_milters";

/// The relay file that already has the domain.
const RelaySettings* owner_of(const Settings& settings, const std::string& domain) {
  const auto owner =
      std::ranges::find_if(settings.relays, [&](const RelaySettings& relay) { return has_domain(relay, domain); });
  return owner == settings.relays.end() ? nullptr : &*owner;
}

/// Whether smtpd_milters of this main.cf has the entry, as setup writes it.
bool has_entry(std::string_view main_cf, std::string_view entry) {
  const auto parameter = parameter_in(main_cf, list_name);
  if (!parameter) return false;
  return std::ranges::any_of(milter_entries(parameter->value),
                             [&](const MilterEntry& one) { return one.text == entry; });
}

class Planner {
 public:
  explicit Planner(const SetupFacts& facts) : facts_(facts) {}

  SetupPlan plan() && {
    for (const RelayDomain& domain : facts_.relay_domains.domains) plan_relay(domain);
    for (const std::string& what : facts_.relay_domains.not_named) {
      obstacle(what, fmt::format("write {}/NAME.conf for the domains that are relayed", facts_.relay_directory));
    }
    const MxBackup backup = mx_backup_of(facts_.postfix);
    if (backup.is_permitted) {
      ask(fmt::format("{} has permit_mx_backup: this host is a secondary MX of every domain whose MX records say so, "
                      "and no list names these domains",
                      backup.parameter),
          fmt::format("for each of these domains that has aliases of mailboxes here, write {}/NAME.conf with "
                      "domains = DOMAIN and primary = its better MX host",
                      facts_.relay_directory));
    } else if (facts_.relay_domains.domains.empty() && facts_.relay_domains.not_named.empty()) {
      remark(fmt::format("relay_domains of {} names no domain that is relayed: is this host a secondary MX?",
                         facts_.postfix.directory));
    }
    plan_main_cf();
    remark_on_services();
    ask_about_others();
    return std::move(plan_);
  }

 private:
  void remark(std::string text) { plan_.remarks.push_back(std::move(text)); }
  void obstacle(std::string what, std::string fix) { plan_.obstacles.push_back({std::move(what), std::move(fix)}); }

  void ask(std::string what, std::string answer) { plan_.questions.push_back({std::move(what), std::move(answer)}); }

  /// relay_domains may have both spellings of a domain (U-labels and A-labels), which are two domains to Postfix. To
  /// shorthop they are one domain, with one file.
  void plan_relay(const RelayDomain& listed) {
    const std::string domain = to_a_labels(listed.name).value_or(listed.name);
    const std::string file = domain + ".conf";
    const std::string path = fmt::format("{}/{}", facts_.relay_directory, file);
    if (const RelaySettings* owner = owner_of(facts_.settings, domain)) return remark_on_owner(domain, *owner);
    if (std::ranges::find(plan_.files, path, &NewFile::path) != plan_.files.end()) return;
    if (std::ranges::find(facts_.present_files, file) != facts_.present_files.end()) {
      return obstacle(fmt::format("{} exists, but {} is not among its domains", path, domain),
                      fmt::format("add {} to its domains, or to the domains of another file", domain));
    }
    const auto primary = facts_.primaries.find(listed.name);
    if (primary == facts_.primaries.end() || !primary->second) {
      return obstacle(fmt::format("the primary of {} is not known: {}", listed.name,
                                  primary == facts_.primaries.end() ? "it was not looked up" : primary->second.error()),
                      fmt::format("write {} with domains = {} and primary = its host", path, domain));
    }
    const NewRelay relay{.domain = domain,
                         .primary = primary->second->host,
                         .from = primary->second->from,
                         .next_hops = primary->second->next_hops,
                         .mirror = fmt::format("{}/{}", data_directory, domain),
                         .panel = facts_.panel,
                         .config = facts_.settings.file};
    plan_.files.push_back(
        {path, relay_file_text(relay),
         fmt::format("{} (from {}) is relayed to {} (from {})", domain, listed.from, relay.primary, relay.from),
         mirror_instructions(relay)});
    if (!primary->second->other_port.empty()) ask_about_port(domain, primary->second->other_port, path);
  }

  void ask_about_port(const std::string& domain, const std::string& next_hop, const std::string& path) {
    ask(fmt::format(
            "mail for {} goes to {}, but shorthop knows only the SMTP port of a primary: does that other port expand "
            "recipients in the same way? No recipient is replaced until you answer",
            domain, printable(next_hop)),
        fmt::format("if so, write next-hops = {} in {}", printable(host_key(next_hop)), path));
  }

  /// setup never changes an existing file, so the lines for a panel are only shown.
  void remark_on_owner(const std::string& domain, const RelaySettings& owner) {
    const std::string is_there = fmt::format("{} is in {} already", domain, owner.file);
    if (facts_.panel == nullptr) return remark(is_there);
    remark(fmt::format("{}; add the lines that it lacks:\n{}", is_there,
                       panel_settings(*facts_.panel, owner.primary.value, domain)));
  }

  /// Whether shorthop can be added to the list; if not, adds an obstacle.
  bool can_be_added() {
    if (facts_.postfix.number() < first_with_milter_attributes) {
      obstacle(fmt::format("Postfix {} has no settings for a single milter (3.0 and later have them): mail would wait "
                           "whenever shorthopd does not run",
                           printable(facts_.postfix.version)),
               fmt::format("write smtpd_milters = ... {} and milter_default_action = accept by hand; the latter is "
                           "then used for every milter",
                           endpoint_for_postfix(facts_.settings.socket, queue_directory()).postfix_text()));
      return false;
    }
    if (facts_.settings.socket.is_unix() && !is_below_queue() && is_any_chrooted()) {
      obstacle(
          fmt::format("smtpd runs chrooted in {} and cannot reach {}", queue_directory(),
                      facts_.settings.socket.text()),
          fmt::format("write socket = unix:{}/shorthop/milter.sock in {}", queue_directory(), facts_.settings.file));
      return false;
    }
    return true;
  }

  void plan_main_cf() {
    const std::vector<MilterFault> faults = faults_of_main_list();
    if (faults.empty()) {
      return remark(fmt::format("{} of {} ends in {} already", list_name, facts_.main_cf_path,
                                milter_entries(facts_.postfix.value(list_name)).back().text));
    }
    if (faults.front().code == "milter-list-syntax") return obstacle(faults.front().what, faults.front().fix);
    if (!can_be_added()) return;
    const std::string wanted = milter_entry(facts_.settings, queue_directory());
    for (const MilterFault& fault :
         milter_faults({std::string(list_name), wanted, true}, facts_.postfix, facts_.settings)) {
      obstacle(fault.what, fault.fix);  // a fault that remains with setup's own entry
    }
    const auto is_ours = leads_to_shorthop(facts_.settings, queue_directory());
    const auto entries = milter_entries(facts_.postfix.value(list_name));
    const auto parameter = parameter_in(facts_.main_cf, list_name);
    const auto written = parameter ? milter_entries(parameter->value) : std::vector<MilterEntry>();
    if (std::ranges::count_if(written, is_ours) != std::ranges::count_if(entries, is_ours)) {
      return obstacle(fmt::format("{} of {} has shorthop through another parameter, but that entry is not last, "
                                  "lacks default_action=accept, or has a path that a chrooted smtpd cannot see",
                                  list_name, facts_.main_cf_path),
                      fmt::format("write {} at the end of the list", wanted));
    }
    TextEdit edit{facts_.main_cf_path, facts_.main_cf,
                  with_shorthop(facts_.main_cf, facts_.settings, queue_directory())};
    if (edit.before != edit.after) plan_.main_cf = std::move(edit);
  }

  /// Faults of smtpd_milters in main.cf, as `check` reports them, for every smtpd(8) without its own list.
  std::vector<MilterFault> faults_of_main_list() const {
    const std::string list(facts_.postfix.value(list_name));
    std::vector<MilterFault> faults =
        milter_faults({std::string(list_name), list, true}, facts_.postfix, facts_.settings);
    for (const MasterService& service : facts_.postfix.services) {
      if (facts_.postfix.own_value(service, list_name)) continue;
      if (auto fault = chroot_fault(service, facts_.postfix, facts_.settings)) faults.push_back(std::move(*fault));
    }
    return faults;
  }

  /// Remarks on services to which smtpd_milters of main.cf does not apply.
  void remark_on_services() {
    for (const MasterService& service : facts_.postfix.services) {
      if (service.command == "smtpd" && facts_.postfix.own_value(service, list_name)) judge_own_list(service);
    }
    const std::string_view maps = facts_.postfix.value("smtpd_milter_maps");
    const auto& [lists, unlisted] = facts_.milter_maps;
    const bool only_disables =
        !lists.empty() && unlisted.empty() && std::ranges::all_of(lists, &MappedMilters::disables_all);
    if (!maps.empty() && !only_disables) {
      remark(
          fmt::format("smtpd_milter_maps ({}) names other milters for some clients: add {} as the last of each list "
                      "there",
                      printable(maps), milter_entry(facts_.settings, queue_directory())));
    }
    if (!facts_.settings.postfix_config.empty() && facts_.settings.postfix_config != facts_.postfix.directory) {
      remark(fmt::format("shorthopd asks the Postfix of {}; to use this one, write postfix-config = {} in {}",
                         facts_.settings.postfix_config, facts_.postfix.directory, facts_.settings.file));
    }
  }

  /// Asks whether other milters edit recipients. Uses smtpd_milters as it is after the change.
  void ask_about_others() {
    if (facts_.settings.other_milters_edit) return;
    const std::string list =
        fmt::format("{} {}", facts_.postfix.value(list_name), milter_entry(facts_.settings, queue_directory()));
    const auto others = milters_beside(facts_.postfix, facts_.settings, list, facts_.milter_maps);
    if (others.empty()) return;
    ask(fmt::format("does one of these milters add or delete recipients: {}? No recipient is replaced until you "
                    "answer",
                    printable(fmt::to_string(fmt::join(others, ", ")))),
        fmt::format("write other-milters-edit-recipients = no, or = yes, in {}", facts_.settings.file));
  }

  /// Checks a list in master.cf, which setup does not change.
  void judge_own_list(const MasterService& service) {
    const std::string where = fmt::format("{} of {} in master.cf", list_name, service.postconf_name());
    const std::string list = facts_.postfix.value_for(service, list_name);
    std::vector<MilterFault> faults = milter_faults({where, list}, facts_.postfix, facts_.settings);
    if (auto fault = chroot_fault(service, facts_.postfix, facts_.settings)) faults.push_back(std::move(*fault));
    const bool lacks_shorthop = !faults.empty() && faults.front().code == "milter-missing";
    if (lacks_shorthop && !is_public_smtpd(service)) {
      return remark(fmt::format("{} has its own list in master.cf (-o {}={}), without shorthop",
                                service.postconf_name(), list_name, printable(list)));
    }
    for (const MilterFault& fault : faults) {
      obstacle(fmt::format("{} has its own list in master.cf, which setup does not change: {}", service.postconf_name(),
                           fault.what),
               fault.fix);
    }
  }

  std::string queue_directory() const { return std::string(facts_.postfix.value("queue_directory")); }

  bool is_below_queue() const {
    return !endpoint_for_postfix(facts_.settings.socket, queue_directory()).path.starts_with('/');
  }

  bool is_any_chrooted() const {
    return std::ranges::any_of(facts_.postfix.services, [&](const MasterService& service) {
      return service.command == "smtpd" && !facts_.postfix.own_value(service, list_name) &&
             is_chrooted(service, facts_.postfix.chroots_by_default());
    });
  }

  const SetupFacts& facts_;
  SetupPlan plan_;
};

}  // namespace

SetupPlan plan_setup(const SetupFacts& facts) { return Planner(facts).plan(); }

std::string with_shorthop(std::string_view main_cf, const Settings& settings, std::string_view queue_directory) {
  const std::string without = without_entries(main_cf, list_name, leads_to_shorthop(settings, queue_directory), false);
  return with_entry(without, list_name, milter_entry(settings, queue_directory));
}

std::string without_shorthop(std::string_view main_cf, const std::optional<std::string>& backup,
                             const Settings& settings, std::string_view queue_directory) {
  const std::string entry = milter_entry(settings, queue_directory);
  const bool is_before = backup && !has_entry(*backup, entry);
  if (is_before && with_shorthop(*backup, settings, queue_directory) == main_cf) return *backup;
  // Without a backup: if the parameter has nothing but the entry that setup writes, assume that setup added the line.
  const auto parameter = parameter_in(main_cf, list_name);
  const bool is_own_line = parameter && parameter->value == entry;
  const bool was_there = is_before ? parameter_in(*backup, list_name).has_value() : !is_own_line;
  return without_entries(main_cf, list_name, leads_to_shorthop(settings, queue_directory), !was_there);
}

std::string difference(std::string_view before, std::string_view after) {
  const auto old_lines = lines_of(before);
  const auto new_lines = lines_of(after);
  const auto first = std::ranges::mismatch(old_lines, new_lines);
  auto old_end = old_lines.end();
  auto new_end = new_lines.end();
  while (old_end != first.in1 && new_end != first.in2 && *(old_end - 1) == *(new_end - 1)) {
    --old_end;
    --new_end;
  }
  std::string text;
  for (auto line = first.in1; line != old_end; ++line) text += fmt::format("  - {}\n", *line);
  for (auto line = first.in2; line != new_end; ++line) text += fmt::format("  + {}\n", *line);
  return text;
}

}  // namespace shorthop::tool
