#include "postfix/mail_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <optional>
#include <utility>

#include "mail/host.h"
#include "postfix/inbound/access_tables.h"
#include "postfix/own_names.h"
#include "postfix/parameter_owners.h"
#include "postfix/service_values.h"
#include "postfix/transports.h"
#include "system/ip_address.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

constexpr const char* one_mapping_pass =
    "let all mail of port 25 pass one cleanup service that maps addresses, in the primary's master.cf";

/// Whether shorthop reads only RecipientRules from this parameter. A parameter that only smtpd(8) reads and that has no
/// row in parameter_owners.cpp is a restriction class.
bool is_restriction(std::string_view program, std::string_view parameter) {
  return program == "smtpd" && (parameter.ends_with("_restrictions") || parameter == "smtpd_restriction_classes" ||
                                !is_followed_parameter(parameter));
}

/// Whether a filter may return mail to this service.
bool may_take_back(const MasterService& service) { return is_private_smtpd(service) || service.command == "pickup"; }

/// What restrictions say about recipients.
struct RecipientRules {
  RecipientChecks checks;
  bool refuses_unlisted = false;
  bool operator==(const RecipientRules&) const = default;
};

/// What one smtpd(8) or pickup(8) does with mail.
struct Pass {
  bool maps_addresses = true;
  bool has_cleanup = true;  ///< false: a before-queue filter takes the mail (smtpd_proxy_filter)
  std::string filter;       ///< content_filter: the mail comes back; empty: there is none
  std::string cleanup;      ///< name of the service
  bool operator==(const Pass&) const = default;
};

class PathFinder {
 public:
  PathFinder(const Parameters& main_cf, const std::vector<MasterService>& services, bool filters_by_rule)
      : main_cf_(main_cf), services_(services), filters_by_rule_(filters_by_rule), values_(main_cf) {}

  std::expected<MailPath, PathProblem> find() {
    constexpr std::size_t max_services = 1000;
    if (services_.size() > max_services) {
      return problem(fmt::format("more than {} services", max_services), "remove services that are not used");
    }
    const Services entries = matching(is_public_smtpd);
    const auto mapping = mapping_pass(entries);
    if (!mapping) return std::unexpected(mapping.error());
    const Services cleanups = named(mapping->cleanup);
    if (cleanups.empty()) {
      return problem(fmt::format("master.cf has no service {}", printable(mapping->cleanup)),
                     "name a service of the primary's master.cf in cleanup_service_name");
    }
    if (auto what = transport_of_other_program(services_)) {
      report(std::move(*what), "give it another name in the primary's master.cf");
    }
    take_overrides(entries, "smtpd");
    take_overrides(cleanups, "cleanup");
    take_overrides(matching([](const auto& service) { return service.command == "trivial-rewrite"; }),
                   "trivial-rewrite");
    take_overrides(matching(is_local), "local");
    take_overrides(matching(is_default_smtp), "smtp");
    read_entries(entries);
    path_.forwards_alike = forwards_alike(cleanups);
    path_.smtp_transports = smtp_transports(services_, values_);
    if (problem_) return std::unexpected(*problem_);
    path_.overrides = std::move(overrides_);
    return std::move(path_);
  }

 private:
  static std::unexpected<PathProblem> problem(std::string what, std::string fix) {
    return std::unexpected(PathProblem{std::move(what), std::move(fix)});
  }
  void report(std::string what, std::string fix) { problem_ = PathProblem{std::move(what), std::move(fix)}; }
  void report_override(std::string_view parameter, const MasterService& service) {
    report(fmt::format("{} is set for {} alone", parameter, printable(service.postconf_name(), 80)),
           "set it in the primary's main.cf instead");
  }
  void report_difference(std::string_view services, std::string_view parameter) {
    report(fmt::format("the {} differ in {}", services, parameter),
           fmt::format("give them the same {} in the primary's master.cf", parameter));
  }

  /// Reads what the smtpd(8) services of the SMTP port decide. All of them must decide the same.
  void read_entries(const Services& entries) {
    path_.smtpd_aliases = smtpd_aliases(*entries.front());
    path_.checks_recipients = checks_recipients(*entries.front());
    for (const MasterService* one : entries) {
      add_details(*one);
      if (smtpd_aliases(*one) != path_.smtpd_aliases) report_difference("smtpd services", "virtual_alias_maps");
      if (checks_recipients(*one) != path_.checks_recipients) {
        report_difference("smtpd services", "receive_override_options");
      }
    }
    compare_restrictions(entries, "smtpd services");
    path_.has_own_canonical = std::ranges::any_of(entries, [this](const auto* one) { return has_own_canonical(*one); });
  }

  /// The pass through cleanup(8) that maps the addresses of mail that these services receive; the first pass if two
  /// passes do so.
  std::expected<Pass, PathProblem> mapping_pass(const Services& entries) {
    const auto entry = common_pass(entries, "the SMTP port");
    if (!entry) return entry;
    if (entry->filter.empty() && entry->has_cleanup) {
      if (entry->maps_addresses) return filters_by_rule_ ? pass_before_rules(*entry) : entry;
      return problem("receive_override_options has no_address_mappings, and no content filter returns the mail",
                     one_mapping_pass);
    }
    if (std::ranges::any_of(services_, [this](const auto& service) { return is_between_filters(service); })) {
      return problem("mail passes more than one content filter",
                     "use one content filter on the primary, or remove the relay file here");
    }
    Services behind = services_behind_filter(entry->filter);
    const auto back = common_pass(behind, "mail that comes back from a filter");
    if (!back) return back;
    const bool maps_before = entry->has_cleanup && maps(*entry);
    const bool maps_behind = maps(*back);
    if (!maps_before && !maps_behind) {
      return problem("addresses are mapped nowhere on the way through a content filter", one_mapping_pass);
    }
    if (maps_before && maps_behind && entry->cleanup != back->cleanup) {
      return problem("addresses are mapped by two cleanup services on the way through a content filter",
                     one_mapping_pass);
    }
    if (entry->has_cleanup) path_.filter = filter_pass(entry->filter, maps_before, maps_before && maps_behind);
    std::erase_if(behind, [](const MasterService* service) { return service->command != "smtpd"; });
    if (!behind.empty()) path_.second_check = second_check(behind);
    return maps_before ? entry : back;
  }

  /// The pass of mail that a rule with FILTER may send to a filter. The rule does not show which service
  /// takes the mail back, so that all services count to which a filter may return mail.
  std::expected<Pass, PathProblem> pass_before_rules(const Pass& entry) {
    path_.filter = FilterPass{.sees_mapped = true, .is_command = true};
    Services cleanups = named(entry.cleanup);
    Services smtpds;
    for (const MasterService* service : matching(may_take_back)) {
      const Pass back = pass_of(*service);
      if (service->command == "smtpd" && back.filter.empty()) smtpds.push_back(service);
      if (!maps(back)) continue;
      path_.filter->maps_again = true;
      std::ranges::copy(named(back.cleanup), std::back_inserter(cleanups));
    }
    for (const MasterService* client : matching(is_client)) {
      if (!path_.filter->generic_maps.empty()) break;
      path_.filter->generic_maps = expanded(*client, client->command + "_generic_maps");
    }
    if (!values_.are_alike(cleanups, "cleanup")) {
      return problem("a rule passes mail to a filter, and another cleanup service may map its addresses again",
                     one_mapping_pass);
    }
    if (!smtpds.empty()) path_.second_check = second_check(smtpds);
    return entry;
  }

  FilterPass filter_pass(std::string_view filter, bool sees_mapped, bool maps_again) {
    FilterPass pass{sees_mapped, maps_again, is_command(filter), {}};
    for (const MasterService* transport : transports_of(filter)) {
      if (is_client(*transport)) pass.generic_maps = expanded(*transport, transport->command + "_generic_maps");
    }
    return pass;
  }

  /// The services of the transport in the value of content_filter, "transport:nexthop".
  Services transports_of(std::string_view filter) const { return named(filter.substr(0, filter.find(':'))); }

  bool is_command(std::string_view filter) const {
    return std::ranges::any_of(transports_of(filter), [](const auto* one) { return one->command == "pipe"; });
  }

  bool maps(const Pass& pass) const { return pass.maps_addresses && !values_.have_emptied_maps(named(pass.cleanup)); }

  /// What any smtpd(8) on the path adds to it.
  void add_details(const MasterService& smtpd) {
    const auto value_of = [&](std::string_view name) { return values_.expanded_or_empty(smtpd, name); };
    path_.takes_utf8 = path_.takes_utf8 && !may_refuse_utf8(value_of);
    path_.refuses_shared_bounces = path_.refuses_shared_bounces || refuses_shared_bounces(restrictions(smtpd));
    const auto domains = domains_in_doubt(main_cf_, smtpd);
    if (!domains) return report_override("myhostname", smtpd);
    path_.smtpd_doubts.insert(domains->begin(), domains->end());
  }

  SecondCheck second_check(const Services& behind) {
    for (const MasterService* smtpd : behind) add_details(*smtpd);
    return {smtpd_values(behind), checks_recipients(*behind.front())};
  }

  /// Whether this smtpd(8), which accepts every address in its canonical maps, has other maps than cleanup(8).
  bool has_own_canonical(const MasterService& smtpd) const {
    return std::ranges::any_of(
        std::array<std::string_view, 2>{"canonical_maps", "recipient_canonical_maps"}, [&](std::string_view name) {
          const std::string main_value(text_or_empty(main_cf_, name));
          const std::string mapping = find_text(overrides_, name).value_or(main_value);
          return trimmed(values_.own_value(smtpd, name).value_or(main_value)) != trimmed(mapping);
        });
  }

  /// postconf(5) receive_override_options.
  bool checks_recipients(const MasterService& smtpd) {
    return !expanded(smtpd, "receive_override_options").contains("no_unknown_recipient_checks");
  }

  /// The virtual_alias_maps by which this smtpd(8) decides which recipients exist; empty: as in cleanup(8).
  Parameters smtpd_aliases(const MasterService& smtpd) const {
    constexpr std::string_view name = "virtual_alias_maps";
    const auto own = values_.own_value(smtpd, name);
    if (!own && !overrides_.contains(name)) return {};
    return {{std::string(name), own ? *own : std::string(text_or_empty(main_cf_, name))}};
  }

  Services matching(const std::function<bool(const MasterService&)>& wanted) const {
    Services found;
    for (const MasterService& service : services_) {
      if (wanted(service)) found.push_back(&service);
    }
    return found;
  }

  Services named(std::string_view name) const {
    return matching([&](const auto& service) { return service.name == name; });
  }

  /// The value, expanded and trimmed. If it cannot be expanded, that is a problem of the path.
  std::string expanded(const MasterService& service, std::string_view parameter) {
    auto value = values_.expanded(service, parameter);
    if (value) return std::move(*value);
    report(fmt::format("{} of {}: \"{}\" cannot be expanded", parameter, printable(service.postconf_name(), 80),
                       printable(value.error(), 80)),
           "on the primary, replace it by the value itself");
    return {};
  }

  Pass pass_of(const MasterService& service) {
    Pass pass;
    pass.maps_addresses = !expanded(service, "receive_override_options").contains("no_address_mappings");
    pass.filter = expanded(service, "content_filter");
    pass.has_cleanup = expanded(service, "smtpd_proxy_filter").empty();
    pass.cleanup = cleanup_of(service);
    return pass;
  }

  /// The name of the cleanup(8) that takes the mail of this service.
  std::string cleanup_of(const MasterService& service) {
    const std::string name = expanded(service, "cleanup_service_name");
    return name.empty() ? "cleanup" : name;
  }

  /// What all of these services do; an error if they differ, or if there is none.
  std::expected<Pass, PathProblem> common_pass(const Services& services, std::string_view what) {
    if (services.empty()) {
      return problem(fmt::format("master.cf has no smtpd for {}", what),
                     "if several instances of Postfix run on the primary, mirror the one that has it (postmulti -l)");
    }
    Pass first = pass_of(*services.front());
    const auto same = [&](const MasterService* service) { return pass_of(*service) == first; };
    if (std::ranges::all_of(services, same)) return first;
    return problem(fmt::format("the services of master.cf for {} differ", what),
                   "give them the same content_filter, smtpd_proxy_filter, cleanup_service_name and "
                   "no_address_mappings there");
  }

  /// An smtpd(8) that takes mail back from a filter and gives it to a second one.
  bool is_between_filters(const MasterService& service) {
    return is_loopback(bare_host(service.name)) && is_private_smtpd(service) && !pass_of(service).filter.empty();
  }

  /// The services that take mail back from a content filter: each smtpd(8) that is not for clients and has no filter.
  /// If pipe(8) runs the filter, pickup(8) is one too, because a command may return mail by sendmail(1). With the same
  /// filter, pickup(8) is none: such mail would go to the filter again and again. There may be no such service: a
  /// filter that is a server may return mail to another instance of Postfix (MULTI_INSTANCE_README).
  Services services_behind_filter(std::string_view filter) {
    const auto gives_back = [this](const MasterService& service) {
      return is_private_smtpd(service) && pass_of(service).filter.empty();
    };
    Services found = matching(gives_back);
    if (!is_command(filter)) return found;
    const auto picks_up = [&](const MasterService& service) {
      return service.command == "pickup" && pass_of(service).filter != filter;
    };
    std::ranges::copy(matching(picks_up), std::back_inserter(found));
    return found;
  }

  void take_overrides(const Services& services, std::string_view program) {
    for (const std::string& parameter : values_.parameters_read(services, program)) {
      for (const MasterService* service : services) {
        // The first service stands for all: compare_restrictions() reports services that differ about recipients.
        if (is_restriction(program, parameter) && service != services.front()) continue;
        auto own = values_.own_value(*service, parameter);
        if (own) take_override(*service, program, parameter, std::move(*own));
      }
    }
    for (const auto& [parameter, value] : overrides_) {
      if (!values_.is_read_by(services, program, parameter) || is_restriction(program, parameter)) continue;
      const bool all = std::ranges::all_of(services, [&](const auto* one) {
        return values_.own_value(*one, parameter).value_or(values_.value_of(*one, parameter)) == value;
      });
      if (!all) report_difference(fmt::format("{} services of master.cf", program), printable(parameter, 80));
    }
  }

  /// The restriction lists and classes of this smtpd(8).
  Parameters restrictions(const MasterService& smtpd) const {
    Parameters lists;
    for (const std::string& parameter : values_.parameters_read({&smtpd}, "smtpd")) {
      if (!is_restriction("smtpd", parameter)) continue;
      lists[parameter] = values_.expanded_or_empty(smtpd, parameter);
    }
    return lists;
  }

  /// Everything that the restrictions of this smtpd(8) say about recipients.
  RecipientRules recipient_rules(const MasterService& smtpd) const {
    const Parameters lists = restrictions(smtpd);
    return {recipient_checks(lists), has_unlisted_restriction(lists)};
  }

  /// Services may differ in restrictions that concern clients and senders, as a service for the local network does.
  void compare_restrictions(const Services& services, std::string_view what) {
    const auto rules = recipient_rules(*services.front());
    const bool all = std::ranges::all_of(services, [&](const auto* one) { return recipient_rules(*one) == rules; });
    if (!all) report_difference(what, "check_recipient_access, reject or reject_unlisted_recipient");
  }

  /// What the smtpd(8) services behind a filter have instead of main.cf's values.
  Parameters smtpd_values(const Services& services) {
    Parameters values;
    for (const std::string& parameter : values_.parameters_read(services, "smtpd")) {
      const auto first = values_.own_value(*services.front(), parameter);
      const bool all = is_restriction("smtpd", parameter) || std::ranges::all_of(services, [&](const auto* one) {
                         return values_.own_value(*one, parameter) == first;
                       });
      if (!all) report_difference("services behind the filter", printable(parameter, 80));
      if (first) values[parameter] = *first;
    }
    compare_restrictions(services, "services behind the filter");
    return values;
  }

  /// Whether each local(8) sends mail on through a cleanup(8) that maps addresses as these services do.
  bool forwards_alike(const Services& cleanups) {
    return std::ranges::all_of(matching(is_local), [&](const MasterService* local) {
      Services all = named(cleanup_of(*local));
      const bool exists = !all.empty();
      all.insert(all.end(), cleanups.begin(), cleanups.end());
      return exists && values_.are_alike(all, "cleanup");
    });
  }

  void take_override(const MasterService& service, std::string_view program, const std::string& parameter,
                     std::string value) {
    // For smtpd(8) this value is in smtpd_aliases, and has no other effect.
    const bool is_separate = program == "smtpd" && parameter == "virtual_alias_maps";
    if (program == "smtpd" && is_own_name_of(service, parameter)) return;  // see smtpd_doubts
    const std::string own = printable(service.postconf_name(), 80);
    if (!is_separate && service.override_of(parameter) && values_.is_referred_to(parameter)) {
      report(fmt::format("{} is set for {} alone, and other parameters refer to it", parameter, own),
             "set it in the primary's main.cf instead");
    } else if (is_shared_parameter(parameter)) {
      report_override(parameter, service);
    } else if (!is_separate) {
      overrides_[parameter] = std::move(value);
    }
  }

  const Parameters& main_cf_;
  const std::vector<MasterService>& services_;
  bool filters_by_rule_;
  ServiceValues values_;
  MailPath path_;
  Parameters overrides_;
  std::optional<PathProblem> problem_;
};

}  // namespace

std::expected<MailPath, PathProblem> mail_path(const Parameters& main_cf, const std::vector<MasterService>& services,
                                               bool filters_by_rule) {
  return PathFinder(main_cf, services, filters_by_rule).find();
}

}  // namespace shorthop
