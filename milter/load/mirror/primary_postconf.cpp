#include "load/mirror/primary_postconf.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "load/mirror/address_tables.h"
#include "load/mirror/parameter_values.h"
#include "load/mirror/primary_parameters.h"
#include "mail/address.h"
#include "mail/host.h"
#include "mail/international.h"
#include "postfix/mail_path.h"
#include "postfix/parameters.h"
#include "tables/match_list.h"
#include "text/ascii.h"
#include "text/items.h"
#include "text/number.h"

namespace shorthop {
namespace {

constexpr const char* host_name_advice =
    "let `postconf` without -n write this file, or add the line that `postconf myhostname` prints on the primary";

bool is_no(std::string_view value) { return equal_folded(trimmed(value), "no"); }

class PostconfReader {
 public:
  PostconfReader(const PostconfOutput& output, const RelaySettings& relay, PrimaryFiles& files, Diagnostics& warnings)
      : output_(output), relay_(relay), files_(files), warnings_(warnings) {}

  PrimaryFacts read() {
    std::optional<BadParameterLine> bad_line;
    values_ = ParameterValues(parse_parameters(output_.text, &bad_line));
    if (bad_line) {
      unproven(bad_line->number, fmt::format("expected NAME = VALUE in \"{}\"", printable(bad_line->text, 80)),
               "put here what `postconf` prints on the primary");
    } else if (values_.explicit_values().empty()) {
      unproven(0, "the file has no parameter", "put here what `postconf` prints on the primary");
    }
    read_services();
    for (const char* name : {"alias_maps", "alias_database"}) {
      files_.read_as_aliases(values_.items(name).value_or(std::vector<std::string>()));
    }
    read_domains();
    read_origin();
    read_dot_domain();
    report_unknown_host_name();
    read_rules();
    read_forward_path();
    read_mailboxes();
    read_tables();
    read_settings_for_all();
    return std::move(facts_);
  }

 private:
  void read_services() {
    if (!output_.services) return check_overrides();
    auto path = mail_path(values_.with_config_directory(), *output_.services, output_.filters_by_rule);
    if (path) {
      path_ = std::move(*path);
      facts_.rules.smtp_transports = path_.smtp_transports;
      if (path_.second_check) {
        behind_filter_ = values_;
        behind_filter_->override_with(path_.second_check->values);
      }
      of_smtpd_ = values_;
      of_smtpd_.override_with(path_.smtpd_aliases);
      return values_.override_with(path_.overrides);
    }
    keep_all(0, {path.error().what, FailureKind::not_followed}, path.error().fix);
  }

  /// Checks lines of `postconf -P` in a file without `postconf -M`: "smtp/inet/receive_override_options = ...".
  void check_overrides() {
    path_.filter = filter_without_master(values_);
    for (const auto& [name, value] : values_.explicit_values()) {
      const std::size_t slash = name.rfind('/');
      const bool is_read = slash != name.npos && std::ranges::find(defaults, std::string_view(name).substr(slash + 1),
                                                                   &Default::name) != defaults.end();
      if (!is_read || has_same_effect(name.substr(slash + 1), value)) continue;
      keep_all(0, {fmt::format("{} of one service is not followed", printable(name, 80)), FailureKind::not_followed},
               "set mirror: its file master has all services");
    }
  }

  /// Whether a service with the override `value` treats recipients as it would without the override.
  bool has_same_effect(std::string_view parameter, std::string_view value) const {
    const std::string in_main = values_.written(parameter).value_or("");
    if (parameter != "receive_override_options") return trimmed(value) == trimmed(in_main);
    const std::string_view unmapped = "no_address_mappings";  // its other values do not concern recipients
    return value.contains('$') ? value == in_main : value.contains(unmapped) == in_main.contains(unmapped);
  }

  std::string expanded(std::string_view name) {
    const auto value = values_.expanded(name);
    if (value) return *value;
    unproven(0, fmt::format("{}: \"{}\" cannot be expanded", name, printable(value.error(), 80)),
             value.error() == removed_value ? std::string(fix_of_removed_value)
                                            : "let `postconf -x` write this file: it prints expanded values");
    return {};
  }

  /// As expanded(), with names below `unknown_domain` in place of a primary's own name that is not known.
  std::string expanded_with_host(std::string_view name) {
    auto value = values_.expanded_with_host(name);
    if (!value) return expanded(name);  // reports what cannot be expanded
    needs_host_name_ = needs_host_name_ || value->contains(unknown_domain);
    return std::move(*value);
  }

  /// A list of domains without the primary's own names if they are not known.
  std::string domain_list(std::string_view name) {
    KnownDomains list = known_domains(expanded_with_host(name));
    if (!list.unknown.empty()) {
      unproven(0, fmt::format("{} needs mydomain, but neither mydomain nor myhostname is set", name), host_name_advice);
    }
    if (list.lacks_own_name && name == "mydestination") facts_.rules.has_unknown_name = true;
    return std::move(list.text);
  }

  /// Warns if the primary's own name is unknown and needed. Mail for the name by which this host knows the primary may
  /// then be local there, or not. Any other name that could be the primary's own has no mailbox on this host.
  void report_unknown_host_name() {
    if (!needs_host_name_) return;
    facts_.rules.unsure_domains.insert(host_key(relay_.primary.value));
    warn(
        "myhostname is not set: recipients are kept if that name decides about them, or about a target without a "
        "domain",
        std::string(host_name_advice));
  }

  void read_domains() {
    facts_.rules.local_domains = domains_of("mydestination");
    facts_.rules.virtual_alias_domains = domains_of("virtual_alias_domains");
    facts_.rules.virtual_mailbox_domains = domains_of("virtual_mailbox_domains");
    facts_.rules.relayed_domains = domains_of("relay_domains");
    const std::vector<std::string> with_parents = list_items(expanded("parent_domain_matches_subdomains"));
    const auto is_name = [](std::string_view item) { return item.find_first_of("!:/") == item.npos; };
    if (!std::ranges::all_of(with_parents, is_name)) {
      unproven(0, "parent_domain_matches_subdomains is not a list of names", "name the parameters in it");
    }
    facts_.rules.relays_subdomains = std::ranges::find(with_parents, "relay_domains") != with_parents.end();
    facts_.rules.has_bare_transport_parents = std::ranges::find(with_parents, "transport_maps") != with_parents.end();
    for (const std::string& domain : relay_.domains.value) {
      facts_.rules.domains_to_be_listed.insert(domain);
      const bool is_listed = may_list(domain) || may_list(with_u_labels(domain));
      if (is_listed || facts_.rules.alias_domains_are_keys || !facts_.unproven.empty()) continue;
      warn(fmt::format("{} is missing from mydestination, virtual_alias_domains, virtual_mailbox_domains and "
                       "relay_domains: its recipients are kept",
                       domain),
           "check that the domain is spelled right, and that this is the complete output of postconf on the primary");
    }
  }

  bool may_list(const std::string& domain) const { return facts_.rules.lists(domain, no_deadline).value_or(true); }

  /// A list of domains with its tables.
  MatchList domains_of(std::string_view name) {
    std::string text = domain_list(name);
    if (name == "virtual_alias_domains" && !files_.is_mirror()) text = without_alias_tables(text);
    const auto report = [&](const std::string& file, const std::string& why) {
      warn(fmt::format("{} names {}, which is not on this host ({}): recipients whose domain may be in it are kept",
                       name, printable(file, 80), why),
           files_.is_mirror() ? "add it to the mirror" : "write the domains themselves in its place");
    };
    const std::vector<std::string> alias_tables = list_items(expanded("virtual_alias_maps"));
    const auto open = [&](const std::string& table) {
      const bool is_alias_table = std::ranges::find(alias_tables, table) != alias_tables.end();
      return files_.open(table, is_alias_table ? "virtual_alias_maps" : name);
    };
    return read_match_list(name, text, {files_.reader(), open, FailureKind::not_mirrored, report});
  }

  /// Removes the alias tables from a list. Without a mirror, the relay file names the copies of these tables, and they
  /// are asked after the list. An exclusion in the list would then not apply to them, so every recipient is kept.
  std::string without_alias_tables(const std::string& text) {
    const std::vector<std::string> alias_tables = list_items(expanded("virtual_alias_maps"));
    std::string others;
    bool excludes = false;
    for (const std::string& item : list_items(text)) {
      const bool is_alias_table = std::ranges::find(alias_tables, item) != alias_tables.end();
      facts_.rules.alias_domains_are_keys = facts_.rules.alias_domains_are_keys || is_alias_table;
      excludes = excludes || item.starts_with('!');
      if (!is_alias_table) others.append(item).append(1, ' ');
    }
    if (excludes && facts_.rules.alias_domains_are_keys) {
      unproven(0, "virtual_alias_domains excludes domains from its tables", "use a mirror of the primary");
    }
    return others;
  }

  /// Reads myorigin. If it is unknown, only recipients with a target without a domain are kept.
  void read_origin() {
    if (is_no(expanded("append_at_myorigin"))) {
      facts_.rules.no_origin = {"the primary has append_at_myorigin = no", FailureKind::not_followed};
      return;
    }
    std::string origin = expanded_with_host("myorigin");
    if (origin.contains(unknown_domain)) {
      facts_.rules.no_origin.why = "the primary's myorigin depends on its myhostname, which is not known";
      facts_.rules.has_local_origin = certainly_has(expanded_with_host("mydestination"), origin);
      return;
    }
    const bool is_file = origin.starts_with('/');  // then Debian's Postfix reads the name from it
    if (is_file) origin = first_line_in(files_.reader(), origin);
    if (is_domain(origin)) {
      facts_.rules.myorigin = folded_utf8(origin);
    } else if (is_file) {
      warn(fmt::format("myorigin is in the file {} on the primary, so targets without a domain are kept",
                       printable(expanded("myorigin"), 80)),
           files_.is_mirror() ? "add it to the mirror" : "write myorigin = the name in that file");
    } else {
      warn(fmt::format("myorigin: \"{}\" is not a valid domain, so targets without a domain are kept",
                       printable(origin, 80)),
           "write myorigin = DOMAIN");
    }
  }

  /// postconf(5) append_dot_mydomain: yes by default below compatibility level 1.
  void read_dot_domain() {
    const std::string level = expanded("compatibility_level");
    const bool is_old = level == "0" || level.starts_with("0.");
    const bool follows_level = !values_.is_explicit("append_dot_mydomain");
    if (follows_level ? is_old : !is_no(expanded("append_dot_mydomain"))) {
      // If mydomain is not known, `unknown_domain` stands for it; the completed domain is then not one of this host.
      facts_.rules.dot_domain = folded(expanded_with_host("mydomain"));
    }
  }

  void read_rules() {
    PrimaryRules& rules = facts_.rules;
    read_delimiters();
    rules.merges_copies = is_no(expanded("enable_original_recipient"));
    rules.loses_orcpt = may_lose_orcpt([this](std::string_view name) { return expanded(name); });
    rules.takes_utf8 = path_.takes_utf8 && !may_refuse_utf8([this](std::string_view name) { return expanded(name); });
    rules.allows_min_user = equal_folded(trimmed(expanded("allow_min_user")), "yes");
    rules.looks_into_quotes = !is_no(expanded("resolve_dequoted_address"));
    rules.percent_hack = !is_no(expanded("allow_percent_hack"));
    rules.owner_request_special = !is_no(expanded("owner_request_special"));
    rules.resets_owner = !is_no(expanded("reset_owner_alias"));
    read_names_of_postfix();
    rules.propagate = propagation_in(expanded("propagate_unmatched_extensions"));
    if (has_word(expanded("masquerade_classes"), "envelope_recipient"))
      rules.masquerade_domains = masquerade_domains_in(expanded("masquerade_domains"));
    rules.limits.virtual_recursion = number("virtual_alias_recursion_limit");
    rules.limits.virtual_expansion = number("virtual_alias_expansion_limit");
    rules.limits.address_length = number("virtual_alias_address_length_limit");
  }

  void read_delimiters() {
    std::string& delimiters = facts_.rules.delimiters;
    delimiters = expanded("recipient_delimiter");
    if (!relay_.recipient_delimiter || relay_.recipient_delimiter->value == delimiters) return;
    warn(fmt::format("recipient_delimiter is \"{}\", but {} says \"{}\"", printable(delimiters, 20),
                     relay_.recipient_delimiter->origin.text(), relay_.recipient_delimiter->value),
         "remove it from the relay file, whose value is used until then");
    delimiters = relay_.recipient_delimiter->value;
  }

  /// The senders of Postfix's own bounces and probes.
  void read_names_of_postfix() {
    facts_.rules.double_bounce = folded_utf8(trimmed(expanded("double_bounce_sender")));
    const std::string probe_sender = folded_utf8(trimmed(expanded("address_verify_sender")));
    if (probe_sender != "<>") facts_.rules.probe_sender = probe_sender.substr(0, probe_sender.find('@'));
    const auto ttl = values_.written("address_verify_sender_ttl");
    facts_.rules.has_changing_probes = ttl && ttl->find_first_of("123456789$") != ttl->npos;
  }

  /// The value is not expanded, because $home and $extension are different for each delivery. If it is neither the
  /// default nor a part of it, .forward files are not used, and recipients without an alias are kept. The same applies
  /// if local(8) replaces other characters in $home and $extension than by default.
  void read_forward_path() {
    if (values_.written("forward_expansion_filter") != default_expansion_filter) {
      facts_.rules.forward_path = {false, false};
      return warn("forward_expansion_filter is not the default: recipients without an alias are kept",
                  "accept this, or set forward_expansion_filter to its default on the primary");
    }
    const auto path = forward_path_in(values_.written("forward_path").value_or(""), facts_.rules.delimiters);
    facts_.rules.forward_path = path.value_or(ForwardPath{false, false});
    if (path) return;
    warn(fmt::format("forward_path names {}, which is not followed: recipients without an alias are kept",
                     printable(path.error(), 80)),
         "accept this, or remove that path from forward_path on the primary");
  }

  /// How local(8) handles a name without aliases and .forward files.
  void read_mailboxes() {
    facts_.rules.luser_relay = values_.is_set("luser_relay");
    for (const std::string_view name :
         {"mailbox_transport", "mailbox_transport_maps", "fallback_transport", "fallback_transport_maps"}) {
      facts_.rules.other_mailboxes = facts_.rules.other_mailboxes || values_.is_set(name);
    }
  }

  std::size_t number(std::string_view name) {
    const std::string text = expanded(name);
    const auto value = to_number<std::size_t>(text);
    if (value && *value != 0) return *value;
    unproven(0, fmt::format("{}: \"{}\" is not a valid number", name, printable(text, 80)), "write a number from 1");
    return 0;
  }

  /// Reads the tables that the primary asks, and the settings that keep its mail from being followed.
  void read_tables() {
    facts_.virtual_alias_maps = list_items(expanded("virtual_alias_maps"));
    // The default of alias_maps varies between Postfix installations.
    if (values_.is_explicit("alias_maps")) facts_.alias_maps = list_items(expanded("alias_maps"));
    for (auto* list : {&facts_.virtual_alias_maps, &facts_.alias_maps}) {
      constexpr std::size_t max_tables = 1000;
      if (!*list || (*list)->size() <= max_tables) continue;
      unproven(0, fmt::format("a list names more than {} tables", max_tables), "name fewer");
      (*list)->resize(max_tables);
    }
    facts_.address_tables = address_tables(values_, path_, files_);
    if (of_smtpd_.items("virtual_alias_maps") != values_.items("virtual_alias_maps") && output_.services) {
      facts_.address_tables.smtpd_aliases = tables_of("virtual_alias_maps", of_smtpd_, files_);
    }
    if (behind_filter_) {
      facts_.address_tables.behind_filter =
          std::make_shared<AddressTables>(smtpd_tables(*behind_filter_, path_, files_));
      facts_.address_tables.filter.checks_recipients = path_.second_check->checks_recipients;
    }
    facts_.senders = sender_tables(values_, path_, files_);
    if (!facts_.senders.empty()) expanded("masquerade_domains");  // reports a value that is not known
    facts_.not_followed = transports_not_followed(values_, facts_.rules);
    if (!path_.forwards_alike) {
      facts_.not_followed.forwarded = {"the primary's local(8) sends it through another cleanup(8) service",
                                       FailureKind::not_followed};
    }
    if (relay_.primary_domains.value.empty()) return;
    warnings_.push_back({relay_.primary_domains.origin,
                         "primary-domains is ignored, because the primary's postconf has mydestination", "remove it",
                         Severity::warning, ErrorClass::settings});
  }

  /// Settings that act on every recipient.
  void read_settings_for_all() {
    for (const KeepsAll& row : keep_all_if_set) {
      if (!values_.is_set(row.parameter)) continue;
      keep_all(0, {fmt::format("{} {}", row.parameter, row.effect), row.kind}, std::string(row.fix));
    }
    if (!takes_mail(values_, output_.services)) {
      keep_all(0, {"this Postfix accepts no mail from other hosts on the SMTP port", FailureKind::not_followed},
               "if several run on the primary, mirror the instance that has the SMTP port (postmulti -l)");
    }
    const auto options = values_.expanded("receive_override_options");
    if (output_.services || (options && !options->contains("no_address_mappings"))) return;
    keep_all(0, {"receive_override_options turns virtual aliases off at the primary", FailureKind::not_followed},
             "set mirror: its file master shows which service turns them on");
  }

  void unproven(std::uint32_t line, std::string reason, std::string fix) {
    keep_all(line, {std::move(reason), FailureKind::not_mirrored}, std::move(fix));
  }
  void keep_all(std::uint32_t line, LookupFailure reason, std::string fix) {
    const auto is_same = [&](const LookupFailure& other) { return other.why == reason.why; };
    if (std::ranges::any_of(facts_.unproven, is_same)) return;
    warnings_.push_back({{output_.file, line},
                         fmt::format("{}: every recipient of this relay is kept", reason.text()),
                         std::move(fix),
                         Severity::warning,
                         ErrorClass::data});
    facts_.unproven.push_back(std::move(reason));
  }

  void warn(std::string what, std::string fix) {
    warnings_.push_back({{output_.file, 0}, std::move(what), std::move(fix), Severity::warning, ErrorClass::data});
  }

  const PostconfOutput& output_;
  const RelaySettings& relay_;
  PrimaryFiles& files_;
  Diagnostics& warnings_;
  ParameterValues values_;
  MailPath path_;
  std::optional<ParameterValues> behind_filter_;  ///< the values of the smtpd(8) behind a content filter
  ParameterValues of_smtpd_;                      ///< the values that smtpd(8) uses for its own checks
  bool needs_host_name_ = false;                  ///< a value depends on myhostname, which is not set
  PrimaryFacts facts_;
};

}  // namespace

PrimaryFacts facts_from_postconf(const PostconfOutput& output, const RelaySettings& relay, PrimaryFiles& files,
                                 Diagnostics& warnings) {
  return PostconfReader(output, relay, files, warnings).read();
}

}  // namespace shorthop
