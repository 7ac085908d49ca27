#include "postfix/mail_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>

#include "text/ascii.h"

namespace shorthop {
namespace {

using Services = std::vector<const MasterService*>;

/// The program that reads a parameter. A name that ends with '_' stands for all that begin so.
struct Reader {
  std::string_view parameter;
  std::string_view program;
};

// Parameters that decide about recipients, and that one program reads alone.
constexpr std::array readers = std::to_array<Reader>({
    {"smtpd_client_restrictions", "smtpd"},
    {"smtpd_command_filter", "smtpd"},
    {"smtpd_data_restrictions", "smtpd"},
    {"smtpd_helo_restrictions", "smtpd"},
    {"smtpd_recipient_restrictions", "smtpd"},
    {"smtpd_relay_restrictions", "smtpd"},
    {"smtpd_restriction_classes", "smtpd"},
    {"smtpd_sender_restrictions", "smtpd"},
    {"virtual_mailbox_maps", "smtpd"},
    {"local_recipient_maps", "smtpd"},
    {"relay_recipient_maps", "smtpd"},
    {"always_bcc", "cleanup"},
    {"canonical_", "cleanup"},
    {"masquerade_", "cleanup"},
    {"recipient_bcc_maps", "cleanup"},
    {"recipient_canonical_", "cleanup"},
    {"sender_bcc_maps", "cleanup"},
    {"sender_canonical_", "cleanup"},
    {"virtual_alias_address_length_limit", "cleanup"},
    {"virtual_alias_expansion_limit", "cleanup"},
    {"virtual_alias_maps", "cleanup"},
    {"virtual_alias_recursion_limit", "cleanup"},
    {"default_transport", "trivial-rewrite"},
    {"local_transport", "trivial-rewrite"},
    {"relay_transport", "trivial-rewrite"},
    {"relayhost", "trivial-rewrite"},
    {"relocated_maps", "trivial-rewrite"},
    {"sender_dependent_", "trivial-rewrite"},
    {"transport_maps", "trivial-rewrite"},
    {"alias_maps", "local"},
    {"fallback_transport", "local"},
    {"fallback_transport_", "local"},
    {"forward_path", "local"},
    {"luser_relay", "local"},
    {"mailbox_transport", "local"},
    {"mailbox_transport_", "local"},
    {"owner_request_special", "local"},
    {"smtp_generic_maps", "smtp"},
});

// Parameters that several programs have to read alike.
constexpr std::array shared = std::to_array<std::string_view>(
    {"append_at_myorigin", "append_dot_mydomain", "config_directory", "mydestination", "mydomain", "myhostname",
     "myorigin", "parent_domain_matches_subdomains", "propagate_unmatched_extensions", "recipient_delimiter",
     "relay_domains", "rewrite_service_name", "virtual_alias_domains", "virtual_mailbox_domains"});

/// postconf(5): a default that refers to another parameter.
struct Reference {
  std::string_view parameter;
  std::string_view to;
};
constexpr std::array default_references = std::to_array<Reference>({{"virtual_alias_domains", "virtual_alias_maps"},
                                                                    {"virtual_mailbox_domains", "virtual_mailbox_maps"},
                                                                    {"local_recipient_maps", "alias_maps"}});

/// Whether a value has "$name", "${name" or "$(name".
bool refers_to(std::string_view value, std::string_view name) {
  for (std::size_t at = value.find('$'); at != value.npos; at = value.find('$', at + 1)) {
    std::string_view rest = value.substr(at + 1);
    if (rest.starts_with('{') || rest.starts_with('(')) rest.remove_prefix(1);
    if (!rest.starts_with(name)) continue;
    const char next = rest.size() > name.size() ? rest[name.size()] : ' ';
    const bool goes_on =
        next == '_' || (next >= '0' && next <= '9') || (ascii_lower(next) >= 'a' && ascii_lower(next) <= 'z');
    if (!goes_on) return true;
  }
  return false;
}

bool is_named(std::string_view parameter, std::string_view pattern) {
  return pattern.ends_with('_') ? parameter.starts_with(pattern) : parameter == pattern;
}

/// What one smtpd(8) or pickup(8) does with mail.
struct Pass {
  bool maps_addresses = true;
  bool has_cleanup = true;  ///< false: a before-queue filter takes the mail (smtpd_proxy_filter)
  bool has_filter = false;  ///< content_filter: the mail comes back
  std::string cleanup;      ///< name of the service
  bool operator==(const Pass&) const = default;
};

class PathFinder {
 public:
  PathFinder(const Parameters& main_cf, const std::vector<MasterService>& services)
      : main_cf_(main_cf), services_(services) {}

  std::expected<MailPath, std::string> find() {
    constexpr std::size_t max_services = 1000;
    if (services_.size() > max_services) return std::unexpected(fmt::format("more than {} services", max_services));
    const Services entries = with(is_public_smtpd);
    const auto entry = common_pass(entries, "the SMTP port");
    if (!entry) return std::unexpected(entry.error());
    auto mapping = *entry;
    if (entry->has_filter || !entry->has_cleanup) {
      const auto back = pass_behind_filter();
      if (!back) return std::unexpected(back.error());
      const bool maps_before = entry->has_cleanup && entry->maps_addresses;
      if (maps_before == back->maps_addresses) {
        return std::unexpected(
            fmt::format("mail is mapped {} on its way through a content filter", maps_before ? "twice" : "nowhere"));
      }
      if (!maps_before) mapping = *back;
    } else if (!entry->maps_addresses) {
      return std::unexpected("receive_override_options = no_address_mappings, and no filter brings the mail back");
    }
    const Services cleanups = with([&](const auto& service) { return service.name == mapping.cleanup; });
    if (cleanups.empty())
      return std::unexpected(fmt::format("master.cf has no service {}", printable(mapping.cleanup)));
    check_programs();
    take_overrides(entries, "smtpd");
    take_overrides(cleanups, "cleanup");
    take_overrides(with([](const auto& service) { return service.command == "trivial-rewrite"; }), "trivial-rewrite");
    take_overrides(with([](const auto& service) { return service.command == "local"; }), "local");
    take_overrides(with([](const auto& service) { return service.type == "unix" && service.command == "smtp"; }),
                   "smtp");
    if (!problem_.empty()) return std::unexpected(problem_);
    Parameters aliases_of_smtpd = smtpd_aliases(*entries.front());
    const bool forwards_alike =
        mapping.cleanup == "cleanup" ||
        override_alike(cleanups, with([](const auto& service) { return service.name == "cleanup"; }));
    return MailPath{std::move(overrides_), std::move(aliases_of_smtpd), forwards_alike};
  }

 private:
  /// smtpd(8) decides with its own value which recipients exist.
  Parameters smtpd_aliases(const MasterService& smtpd) const {
    constexpr std::string_view name = "virtual_alias_maps";
    const auto own = smtpd.override_of(name);
    const auto of_cleanup = overrides_.find(name);
    const auto of_main = main_cf_.find(name);
    if (!own && of_cleanup == overrides_.end()) return {};
    return {{std::string(name), own ? *own : of_main == main_cf_.end() ? std::string() : of_main->second}};
  }

  Services with(const std::function<bool(const MasterService&)>& wanted) const {
    Services found;
    for (const MasterService& service : services_) {
      if (wanted(service)) found.push_back(&service);
    }
    return found;
  }

  /// As written; nullopt: neither the service nor main.cf sets it.
  std::optional<std::string> written(const MasterService& service, std::string_view parameter) const {
    if (auto override = service.override_of(parameter)) return override;
    const auto found = main_cf_.find(parameter);
    return found == main_cf_.end() ? std::nullopt : std::optional(found->second);
  }
  std::string value_of(const MasterService& service, std::string_view parameter) const {
    return written(service, parameter).value_or("");
  }

  /// Without white space around it. What cannot be expanded is a problem of the path.
  std::string expanded(const MasterService& service, std::string_view parameter) {
    const auto value =
        expand_parameters(value_of(service, parameter), [&](std::string_view name) { return written(service, name); });
    if (value) return std::string(trimmed(*value));
    problem_ = fmt::format("{} of {}: \"{}\" cannot be expanded", parameter, printable(service.place(), 80),
                           printable(value.error(), 80));
    return {};
  }

  Pass pass_of(const MasterService& service) {
    Pass pass;
    pass.maps_addresses = !expanded(service, "receive_override_options").contains("no_address_mappings");
    pass.has_filter = !expanded(service, "content_filter").empty();
    pass.has_cleanup = expanded(service, "smtpd_proxy_filter").empty();
    pass.cleanup = expanded(service, "cleanup_service_name");
    if (pass.cleanup.empty()) pass.cleanup = "cleanup";
    return pass;
  }

  /// What all of these services do; an error if they differ, or if there is none.
  std::expected<Pass, std::string> common_pass(const Services& services, std::string_view what) {
    if (services.empty()) return std::unexpected(fmt::format("master.cf has no smtpd for {}", what));
    const Pass first = pass_of(*services.front());
    const auto same = [&](const MasterService* service) { return pass_of(*service) == first; };
    if (std::ranges::all_of(services, same)) return first;
    return std::unexpected(fmt::format("the services of master.cf for {} differ", what));
  }

  /// The pass of mail that a content filter gives back: to an smtpd(8) without a filter that is not for clients, or by
  /// sendmail(1), that is to pickup(8).
  std::expected<Pass, std::string> pass_behind_filter() {
    const auto gives_back = [this](const MasterService& service) {
      return service.command == "smtpd" && service.type == "inet" && !is_public_smtpd(service) &&
             !is_for_clients(service) && !pass_of(service).has_filter;
    };
    const Services smtpds = with(gives_back);
    if (!smtpds.empty()) return common_pass(smtpds, "mail that comes back from a filter");
    const Services pickups = with([](const auto& service) { return service.command == "pickup"; });
    return common_pass(pickups, "mail that comes back from a filter");
  }

  static bool is_for_clients(const MasterService& service) {
    constexpr std::array ports = std::to_array<std::string_view>({"submission", "587", "submissions", "smtps", "465"});
    return std::ranges::find(ports, std::string_view(service.name).substr(service.name.rfind(':') + 1)) != ports.end();
  }

  void take_overrides(const Services& services, std::string_view program) {
    for (const MasterService* service : services) {
      for (const auto& [parameter, value] : service->overrides) take_override(*service, program, parameter, value);
    }
    for (const auto& [parameter, value] : overrides_) {
      const bool all = !reads(program, parameter) || std::ranges::all_of(services, [&](const auto* service) {
        return value_of(*service, parameter) == value;
      });
      if (!all) problem_ = fmt::format("the {} services of master.cf differ in {}", program, printable(parameter, 80));
    }
  }

  /// The names of these transports say nothing if another program is behind them.
  void check_programs() {
    constexpr std::array expected = std::to_array<Reference>({{"smtp", "smtp"}, {"relay", "smtp"}, {"local", "local"}});
    for (const MasterService& service : services_) {
      for (const auto& [name, program] : expected) {
        if (service.type == "unix" && service.name == name && service.command != program) {
          problem_ = fmt::format("the transport {} is {}", name, printable(service.command, 80));
        }
      }
    }
  }

  /// Whether two cleanup(8) services map addresses alike: local(8) sends mail on through the one called "cleanup".
  static bool override_alike(const Services& some, const Services& others) {
    const auto of_cleanup = [](const Services& services) {
      Parameters found;
      for (const MasterService* service : services) {
        for (const auto& [parameter, value] : service->overrides) {
          if (reads("cleanup", parameter)) found[parameter] = value;
        }
      }
      return found;
    };
    return !others.empty() && of_cleanup(some) == of_cleanup(others);
  }

  static bool is_followed(std::string_view parameter) {
    return std::ranges::find(shared, parameter) != shared.end() ||
           std::ranges::any_of(readers, [&](const Reader& row) { return is_named(parameter, row.parameter); });
  }

  /// Whether a parameter that is followed takes its value from this one, so that an override of one program would have
  /// to be known for others too.
  bool is_referred_to(std::string_view parameter) const {
    for (const auto& [name, value] : main_cf_) {
      if (name != parameter && is_followed(name) && refers_to(value, parameter)) return true;
    }
    return std::ranges::any_of(default_references, [&](const Reference& row) {
      return row.to == parameter && !main_cf_.contains(row.parameter);
    });
  }

  void take_override(const MasterService& service, std::string_view program, const std::string& parameter,
                     const std::string& value) {
    // smtpd_aliases has this value of smtpd(8), which nothing else reads there.
    const bool is_separate = program == "smtpd" && parameter == "virtual_alias_maps";
    if (!is_separate && is_referred_to(parameter)) {
      problem_ = fmt::format("{} is set for {} alone, and other parameters refer to it", parameter,
                             printable(service.place(), 80));
    } else if (reads(program, parameter)) {
      overrides_[parameter] = value;
    } else if (std::ranges::find(shared, parameter) != shared.end()) {
      problem_ = fmt::format("{} is set for {} alone", parameter, printable(service.place(), 80));
    }
  }

  static bool reads(std::string_view program, std::string_view parameter) {
    return std::ranges::any_of(
        readers, [&](const Reader& row) { return row.program == program && is_named(parameter, row.parameter); });
  }

  const Parameters& main_cf_;
  const std::vector<MasterService>& services_;
  Parameters overrides_;
  std::string problem_;
};

}  // namespace

std::expected<MailPath, std::string> mail_path(const Parameters& main_cf, const std::vector<MasterService>& services) {
  return PathFinder(main_cf, services).find();
}

}  // namespace shorthop
