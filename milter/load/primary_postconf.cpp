#include "load/primary_postconf.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <set>

#include "load/primary_parameters.h"
#include "mail/address.h"
#include "mail/host.h"
#include "mail/international.h"
#include "postfix/parameters.h"
#include "system/ip_address.h"
#include "text/ascii.h"
#include "text/items.h"

namespace shorthop {
namespace {

class PostconfReader {
 public:
  PostconfReader(const RelaySettings& relay, Diagnostics& warnings) : relay_(relay), warnings_(warnings) {}

  PrimaryFacts read(std::string_view text) {
    std::optional<BadParameterLine> bad_line;
    parameters_ = parse_parameters(text, &bad_line);
    if (bad_line) {
      unproven(bad_line->number, fmt::format("expected NAME = VALUE in \"{}\"", printable(bad_line->text, 80)),
               "this file is what `postconf -n` prints on the primary");
    } else if (parameters_.empty()) {
      unproven(0, "the file has no parameter", "this file is what `postconf -n` prints on the primary");
    }
    assume_host_name();
    read_domains();
    read_origin();
    read_dot_domain();
    read_rules();
    read_forward_path();
    read_mailboxes();
    read_tables();
    check_not_followed();
    check_services();
    return std::move(facts_);
  }

 private:
  /// `postconf -n` omits the name if it comes from the system.
  void assume_host_name() {
    if (parameters_.contains("myhostname")) return;
    const std::string host = folded(bare_host(relay_.primary.value));
    parameters_["myhostname"] = host;
    const bool needed = !parameters_.contains("myorigin") || !parameters_.contains("mydestination");
    if ((needed && is_ip_address(host)) || asks_for_unknown_domain()) {
      unproven(0, "myhostname is not set", "add a line: myhostname = the primary's host name");
    } else if (needed) {
      warn(fmt::format("myhostname is not set, {} is assumed", host),
           "add what `postconf myhostname` prints on the primary");
    }
  }

  /// Whether a list of domains needs $mydomain, which only the host name would tell.
  bool asks_for_unknown_domain() const {
    if (parameters_.contains("mydomain")) return false;
    constexpr std::array lists = std::to_array<std::string_view>(
        {"mydestination", "virtual_alias_domains", "virtual_mailbox_domains", "relay_domains", "myorigin"});
    return std::ranges::any_of(lists, [this](std::string_view list) {
      const auto found = parameters_.find(list);
      return found != parameters_.end() && found->second.contains("mydomain");
    });
  }

  /// nullopt: it is not set, and therefore empty.
  std::optional<std::string> value_of(std::string_view name) const {
    if (const auto found = parameters_.find(name); found != parameters_.end()) return found->second;
    if (name == "mydomain") {
      const std::string host = parameters_.find("myhostname")->second;
      const std::size_t dot = host.find('.');
      return dot == host.npos ? "localdomain" : host.substr(dot + 1);
    }
    const auto found = std::ranges::find(defaults, name, &Default::name);
    if (found != defaults.end()) return std::string(found->value);
    const bool is_own = std::ranges::any_of(own_prefixes, [&](std::string_view own) { return name.starts_with(own); });
    if (!is_own) return std::nullopt;
    return fmt::format("${}", name);  // unterminated, so that it cannot be expanded
  }

  std::string expanded(std::string_view name) {
    const auto value = expand_parameters(value_of(name).value_or(""), [this](auto inner) { return value_of(inner); });
    if (value) return *value;
    unproven(0, fmt::format("{}: \"{}\" cannot be expanded", name, printable(value.error(), 80)),
             "let `postconf -nx` write this file, it expands by itself");
    return {};
  }

  void read_domains() {
    facts_.rules.local_domains = domains_of("mydestination");
    facts_.rules.virtual_alias_domains = domains_of("virtual_alias_domains");
    facts_.rules.virtual_mailbox_domains = domains_of("virtual_mailbox_domains");
    facts_.rules.relayed_domains = relayed_domains();
    for (const std::string& domain : relay_.domains.value) {
      facts_.rules.domains_to_be_listed.insert(domain);
      const std::string spelled = with_u_labels(domain);
      const bool is_listed = facts_.rules.lists(domain) || facts_.rules.lists(spelled);
      if (is_listed || facts_.rules.alias_domains_are_keys || !facts_.unproven.empty()) continue;
      warn(fmt::format("{} is missing from mydestination, virtual_alias_domains, virtual_mailbox_domains and "
                       "relay_domains: its recipients are kept",
                       domain),
           "is this the whole file of the right host?");
    }
  }

  /// The names in relay_domains; none if it has exceptions. Its tables and files are on the primary.
  DomainSet relayed_domains() const {
    const auto list =
        expand_parameters(value_of("relay_domains").value_or(""), [this](auto inner) { return value_of(inner); });
    if (!list || list->find_first_of("!#") != list->npos) return {};
    DomainSet names;
    for (const std::string& item : list_items(*list)) {
      if (is_domain(item)) names.insert(folded_utf8(item));
    }
    return names;
  }

  /// The names in a list of domains; for each the first pattern decides. The primary's files and tables are missing
  /// here, so a list that contains one is unknown.
  DomainSet domains_of(std::string_view name) {
    DomainSet domains;
    DomainSet excluded;
    const std::vector<std::string> alias_tables =
        name == "virtual_alias_domains" ? list_items(expanded("virtual_alias_maps")) : std::vector<std::string>();
    for (const std::string& item : list_items(expanded(name))) {
      if (item.starts_with('#')) break;  // util/match_list.c: the rest is a comment
      if (std::ranges::find(alias_tables, item) != alias_tables.end()) {
        facts_.rules.alias_domains_are_keys = true;
      } else if (item.contains(':') || item.contains('/')) {
        if (!item.starts_with('[')) {
          unproven(0, fmt::format("{} names {}, which is on the primary", name, printable(item, 80)),
                   "write the domains themselves in its place");
        }
      } else {
        // Each '!' negates the pattern.
        const std::size_t signs = std::min(item.find_first_not_of('!'), item.size());
        std::string domain = folded_utf8(std::string_view(item).substr(signs));
        if (signs % 2 == 1) {
          excluded.insert(std::move(domain));
        } else if (!excluded.contains(domain)) {
          domains.insert(std::move(domain));
        }
      }
    }
    return domains;
  }

  /// If it is unknown, only targets without a domain are kept.
  void read_origin() {
    const std::string origin = expanded("myorigin");
    if (is_domain(origin)) {
      facts_.rules.myorigin = folded_utf8(origin);
    } else if (origin.starts_with('/')) {
      warn(fmt::format("myorigin is in the file {} on the primary, so targets without a domain are kept",
                       printable(origin, 80)),
           "write myorigin = the name in that file");
    } else {
      warn(fmt::format("myorigin: \"{}\" is not a valid domain, so targets without a domain are kept",
                       printable(origin, 80)),
           "write myorigin = its domain");
    }
  }

  /// postconf(5) append_dot_mydomain: yes by default below compatibility level 1.
  void read_dot_domain() {
    const auto given = value_of("append_dot_mydomain");
    const std::string level = expanded("compatibility_level");
    const bool is_old = level == "0" || level.starts_with("0.");
    const bool follows_level = !given || given->contains("$compatibility_level");
    if (follows_level ? is_old : !is_no(*given)) {
      facts_.rules.dot_domain = folded(expanded("mydomain"));
    }
  }

  void read_rules() {
    PrimaryRules& rules = facts_.rules;
    rules.delimiters = expanded("recipient_delimiter");
    if (relay_.recipient_delimiter && relay_.recipient_delimiter->value != rules.delimiters) {
      warn(fmt::format("recipient_delimiter is \"{}\", but {} says \"{}\"", printable(rules.delimiters, 20),
                       relay_.recipient_delimiter->origin.text(), relay_.recipient_delimiter->value),
           "the relay file wins; remove it there to follow this file");
      rules.delimiters = relay_.recipient_delimiter->value;
    }
    rules.percent_hack = !is_no(expanded("allow_percent_hack"));
    rules.owner_request_special = !is_no(expanded("owner_request_special"));
    rules.propagate = {false, false, false, false};
    for (const std::string& item : list_items(expanded("propagate_unmatched_extensions"))) {
      if (item == "virtual") rules.propagate.virtual_aliases = true;
      if (item == "alias") rules.propagate.aliases = true;
      if (item == "forward") rules.propagate.forwards = true;
      if (item == "include") rules.propagate.includes = true;
    }
    rules.limits.virtual_recursion = number("virtual_alias_recursion_limit");
    rules.limits.virtual_expansion = number("virtual_alias_expansion_limit");
    rules.limits.address_length = number("virtual_alias_address_length_limit");
  }

  /// The value is not expanded: its parameters are set per delivery. With a path other than the default or a part of
  /// it, .forward files are not trusted, and the user's mailbox may be on the primary.
  void read_forward_path() {
    const std::string value = value_of("forward_path").value_or("");
    facts_.rules.forward_path = {false, false};
    ForwardPath found{false, false};
    for (std::string item : list_items(value)) {
      std::erase_if(item, [](char c) { return c == '{' || c == '}' || c == '(' || c == ')'; });
      const bool is_delimiter =
          facts_.rules.delimiters.size() == 1 && item == "$home/.forward" + facts_.rules.delimiters + "$extension";
      if (item == "$home/.forward") {
        found.plain = true;
      } else if ((item == "$home/.forward$recipient_delimiter$extension" || is_delimiter) && !found.plain) {
        found.with_extension = true;
      } else {
        return warn(fmt::format("forward_path names {}, which is not followed: users without an alias are kept",
                                printable(item, 80)),
                    "nothing is wrong; only their .forward files are not used");
      }
    }
    facts_.rules.forward_path = found;
  }

  /// How local(8) handles a name without aliases and .forward files.
  void read_mailboxes() {
    const auto is_set = [this](std::string_view name) { return is_not_empty(value_of(name).value_or("")); };
    facts_.rules.luser_relay = is_set("luser_relay");
    for (const std::string_view name :
         {"mailbox_transport", "mailbox_transport_maps", "fallback_transport", "fallback_transport_maps"}) {
      facts_.rules.other_mailboxes = facts_.rules.other_mailboxes || is_set(name);
    }
  }

  std::size_t number(std::string_view name) {
    const std::string text = expanded(name);
    std::size_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc() || end != text.data() + text.size() || value == 0) {
      unproven(0, fmt::format("{}: \"{}\" is not a valid number", name, printable(text, 80)), "write a number from 1");
      return 0;
    }
    return value;
  }

  /// The tables of its lists, in order.
  void read_tables() {
    constexpr std::size_t max_tables = 1000;
    facts_.virtual_alias_maps = list_items(expanded("virtual_alias_maps"));
    // The default of alias_maps varies between Postfix installations.
    if (parameters_.contains("alias_maps")) facts_.alias_maps = list_items(expanded("alias_maps"));
    for (auto* list : {&facts_.virtual_alias_maps, &facts_.alias_maps}) {
      if (!*list || (*list)->size() <= max_tables) continue;
      unproven(0, fmt::format("a list names more than {} tables", max_tables), "name fewer");
      (*list)->resize(max_tables);
    }
    if (relay_.primary_domains.value.empty()) return;
    warnings_.push_back({relay_.primary_domains.origin,
                         "primary-domains is not used beside primary-postconf, which has mydestination", "take it out",
                         Severity::warning, ErrorClass::settings});
  }

  /// A value that cannot be expanded may be anything.
  std::expected<std::string, std::string> expansion_of(const std::string& value) const {
    return expand_parameters(value, [this](auto inner) { return value_of(inner); });
  }

  void check_not_followed() {
    const auto matters = [this](const NotFollowed& row) {
      const auto found = parameters_.find(row.name);
      if (found == parameters_.end()) return false;
      const auto value = expansion_of(found->second);
      return !value || row.matters(*value);
    };
    for (const NotFollowed& row : not_followed) {
      if (!matters(row)) continue;
      not_followed_here(fmt::format("{} {} at the primary, which is not followed", row.name, row.effect),
                        "if it concerns neither the relay's domains nor this host's, take the line out of this file");
    }
    const auto domains = parameters_.find("masquerade_domains");
    const auto given = parameters_.find("masquerade_classes");
    const auto classes = given == parameters_.end() ? std::string() : expansion_of(given->second);
    if (domains != parameters_.end() && is_not_empty(domains->second) &&
        (!classes || classes->contains("envelope_recipient"))) {
      not_followed_here("masquerade_classes rewrites recipients at the primary, which is not followed",
                        "take envelope_recipient out of it");
    }
  }

  /// "smtp/inet/receive_override_options": an override of a service in master.cf, from `postconf -P`.
  void check_services() {
    for (const auto& [name, value] : parameters_) {
      const std::size_t slash = name.rfind('/');
      if (slash == name.npos) continue;
      const std::string_view parameter = std::string_view(name).substr(slash + 1);
      const auto row = std::ranges::find(not_followed, parameter, &NotFollowed::name);
      const auto expansion = expansion_of(value);
      const bool is_harmless = row != not_followed.end() && expansion && !row->matters(*expansion);
      const bool is_read =
          row != not_followed.end() || std::ranges::find(defaults, parameter, &Default::name) != defaults.end();
      if (!is_read || is_harmless) continue;
      not_followed_here(fmt::format("{} of one service is not followed", printable(name, 80)),
                        "this file is what `postconf -n` prints on the primary, without that of `postconf -P`");
    }
  }

  void unproven(std::uint32_t line, std::string reason, std::string fix) {
    keep_all(line, {std::move(reason), FailureKind::not_mirrored}, std::move(fix));
  }
  void not_followed_here(std::string reason, std::string fix) {
    keep_all(0, {std::move(reason), FailureKind::not_followed}, std::move(fix));
  }

  void keep_all(std::uint32_t line, LookupFailure reason, std::string fix) {
    const auto is_same = [&](const LookupFailure& other) { return other.what == reason.what; };
    if (std::ranges::any_of(facts_.unproven, is_same)) return;
    warnings_.push_back({{relay_.primary_postconf.value, line},
                         fmt::format("{}: every recipient of this relay is kept", reason.what),
                         std::move(fix),
                         Severity::warning,
                         ErrorClass::data});
    facts_.unproven.push_back(std::move(reason));
  }

  void warn(std::string what, std::string fix) {
    warnings_.push_back(
        {{relay_.primary_postconf.value, 0}, std::move(what), std::move(fix), Severity::warning, ErrorClass::data});
  }

  const RelaySettings& relay_;
  Diagnostics& warnings_;
  Parameters parameters_;
  PrimaryFacts facts_;
};

}  // namespace

PrimaryFacts facts_without_postconf(const RelaySettings& relay) {
  PrimaryFacts facts;
  PrimaryRules& rules = facts.rules;
  const std::vector<std::string>& domains = relay.domains.value;
  const std::vector<std::string>& named = relay.primary_domains.value;
  rules.local_domains.insert(named.begin(), named.end());
  rules.delimiters = relay.recipient_delimiter ? relay.recipient_delimiter->value : "";
  rules.alias_domains_are_keys = relay.profile.value == Profile::postfix;
  if (relay.profile.value != Profile::postfix) {
    rules.local_domains.insert(domains.begin(), domains.end());
    if (!domains.empty()) rules.myorigin = domains.front();
  } else if (!named.empty()) {
    rules.myorigin = named.front();
  }
  // Its own names are in mydestination by default, but that is not certain.
  rules.unsure_domains = {domains.begin(), domains.end()};
  rules.unsure_domains.insert({folded(bare_host(relay.primary.value)), "localhost"});
  return facts;
}

PrimaryFacts facts_from_postconf(std::string_view text, const RelaySettings& relay, Diagnostics& warnings) {
  return PostconfReader(relay, warnings).read(text);
}

}  // namespace shorthop
