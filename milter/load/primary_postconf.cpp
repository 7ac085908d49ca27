#include "load/primary_postconf.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <set>

#include "load/parameters.h"
#include "load/setting_values.h"
#include "mail/address.h"
#include "mail/ascii.h"
#include "mail/host.h"
#include "mail/international.h"

namespace shorthop {
namespace {

struct Default {
  std::string_view name;
  std::string_view value;
};

// postconf(5). Only what is expanded here; a path's default is good enough to see that a table is named.
constexpr std::array defaults = {
    Default{"mydestination", "$myhostname, localhost.$mydomain, localhost"},
    Default{"myorigin", "$myhostname"},
    Default{"recipient_delimiter", ""},
    Default{"virtual_alias_domains", "$virtual_alias_maps"},
    Default{"virtual_alias_maps", "$virtual_maps"},
    Default{"virtual_maps", ""},
    Default{"virtual_mailbox_domains", "$virtual_mailbox_maps"},
    Default{"virtual_mailbox_maps", ""},
    Default{"propagate_unmatched_extensions", "canonical, virtual"},
    Default{"owner_request_special", "yes"},
    Default{"compatibility_level", "0"},
    Default{"forward_path", "$home/.forward${recipient_delimiter}${extension}, $home/.forward"},
    Default{"virtual_alias_recursion_limit", "1000"},
    Default{"virtual_alias_expansion_limit", "1000"},
    Default{"virtual_alias_address_length_limit", "1000"},
    Default{"config_directory", "/etc/postfix"},
    Default{"data_directory", "/var/lib/postfix"},
    Default{"default_database_type", "hash"},
    Default{"alias_maps", ""},
};

/// A parameter that changes what becomes of a recipient and that is not followed.
struct NotFollowed {
  std::string_view name;
  /// Whether a value (expanded as far as possible) has that effect.
  bool (*matters)(std::string_view value);
  std::string_view effect;
};

bool is_not_empty(std::string_view value) { return !trimmed(value).empty(); }
bool is_no(std::string_view value) { return equal_folded(trimmed(value), "no"); }
bool maps_no_addresses(std::string_view value) { return value.contains("no_address_mappings"); }
bool is_not_local(std::string_view value) { return !trimmed(value).starts_with("local"); }
bool is_not_smtp(std::string_view value) {
  return !trimmed(value).starts_with("smtp") && !trimmed(value).starts_with("relay");
}

constexpr std::array not_followed = {
    NotFollowed{"canonical_maps", is_not_empty, "rewrites recipients"},
    NotFollowed{"recipient_canonical_maps", is_not_empty, "rewrites recipients"},
    NotFollowed{"relocated_maps", is_not_empty, "refuses recipients that have moved"},
    NotFollowed{"transport_maps", is_not_empty, "may deliver recipients another way"},
    NotFollowed{"smtp_generic_maps", is_not_empty, "rewrites recipients that leave the primary"},
    NotFollowed{"recipient_bcc_maps", is_not_empty, "sends copies"},
    NotFollowed{"sender_bcc_maps", is_not_empty, "sends copies"},
    NotFollowed{"always_bcc", is_not_empty, "sends copies"},
    NotFollowed{"smtpd_command_filter", is_not_empty, "may rewrite recipients"},
    NotFollowed{"append_at_myorigin", is_no, "leaves aliases without a domain as they are"},
    NotFollowed{"receive_override_options", maps_no_addresses, "turns virtual aliases off"},
    NotFollowed{"local_transport", is_not_local, "delivers without aliases(5)"},
    NotFollowed{"default_transport", is_not_smtp, "may not send mail on to this host"},
};

class PostconfReader {
 public:
  PostconfReader(const RelaySettings& relay, Diagnostics& problems, Diagnostics& warnings)
      : relay_(relay), problems_(problems), warnings_(warnings) {}

  std::optional<PrimaryFacts> read(std::string_view text) {
    std::optional<std::uint32_t> bad_line;
    parameters_ = parse_parameters(text, &bad_line);
    if (bad_line) {
      error(*bad_line, "expected NAME = VALUE", "this file is what `postconf -n` prints on the primary");
    } else if (parameters_.empty()) {
      error(0, "there is no parameter in it", "this file is what `postconf -n` prints on the primary");
    }
    if (failed_) return std::nullopt;
    assume_host_name();
    read_domains();
    read_origin();
    read_dot_domain();
    read_rules();
    read_forward_path();
    read_mailboxes();
    check_tables();
    check_not_followed();
    if (failed_) return std::nullopt;
    for (const std::string& reason : facts_.unproven) {
      warn(fmt::format("{}: every recipient of this relay is kept", reason), mend_of_[reason]);
    }
    return std::move(facts_);
  }

 private:
  /// `postconf -n` leaves the name out if the system gives it.
  void assume_host_name() {
    if (parameters_.contains("myhostname")) return;
    const std::string host = folded(bare_host(relay_.primary.value));
    parameters_["myhostname"] = host;
    const bool needed = !parameters_.contains("myorigin") || !parameters_.contains("mydestination");
    if (needed && is_ip_address(host)) {
      error(0, "myhostname is not set", "add a line: myhostname = the primary's host name");
    } else if (needed) {
      warn(fmt::format("myhostname is not set, {} is assumed", host),
           "add what `postconf myhostname` prints on the primary");
    }
  }

  std::optional<std::string> value_of(std::string_view name) const {
    if (const auto found = parameters_.find(name); found != parameters_.end()) return found->second;
    if (name == "mydomain") {
      const std::string host = parameters_.find("myhostname")->second;
      const std::size_t dot = host.find('.');
      return dot == host.npos ? "localdomain" : host.substr(dot + 1);
    }
    const auto found = std::ranges::find(defaults, name, &Default::name);
    if (found == defaults.end()) return std::nullopt;
    return std::string(found->value);
  }

  std::string expanded(std::string_view name) {
    const auto value = expand_parameters(value_of(name).value_or(""), [this](auto inner) { return value_of(inner); });
    if (value) return *value;
    error(0, fmt::format("{}: \"{}\" cannot be expanded", name, printable(value.error(), 80)),
          "let `postconf -nx` write this file, it expands by itself");
    return {};
  }

  void read_domains() {
    facts_.rules.local_domains = domains_of("mydestination");
    facts_.rules.virtual_alias_domains = domains_of("virtual_alias_domains");
    facts_.rules.virtual_mailbox_domains = domains_of("virtual_mailbox_domains");
    if (failed_) return;
    for (const std::string& domain : relay_.domains.value) {
      const PrimaryRules& rules = facts_.rules;
      if (rules.local_domains.contains(domain) || rules.virtual_alias_domains.contains(domain) ||
          rules.virtual_mailbox_domains.contains(domain) || facts_.alias_domains_are_keys || !facts_.unproven.empty()) {
        continue;
      }
      warn(fmt::format("{} is in none of mydestination, virtual_alias_domains and virtual_mailbox_domains: only its "
                       "virtual aliases are followed, and its other recipients are kept",
                       domain),
           "is this the file of the right host?");
    }
  }

  static std::string key_of(std::string_view domain) { return domain_key(domain).value_or(folded(domain)); }

  /// The names in a list of domains, the first pattern for each deciding. The primary's files and tables are not
  /// here, so a list with one of them is not known.
  DomainSet domains_of(std::string_view name) {
    DomainSet domains;
    DomainSet excluded;
    const std::vector<std::string> alias_tables =
        name == "virtual_alias_domains" ? list_items(expanded("virtual_alias_maps")) : std::vector<std::string>();
    for (const std::string& item : list_items(expanded(name))) {
      if (std::ranges::find(alias_tables, item) != alias_tables.end()) {
        facts_.alias_domains_are_keys = true;
      } else if (item.contains(':') || item.contains('/')) {
        if (!item.starts_with('[')) {
          unproven(fmt::format("{} names {}, which is on the primary", name, printable(item, 80)),
                   "write the domains themselves in its place");
        }
      } else if (item.starts_with('!')) {
        excluded.insert(key_of(std::string_view(item).substr(1)));
      } else if (std::string domain = key_of(item); !excluded.contains(domain)) {
        domains.insert(std::move(domain));
      }
    }
    return domains;
  }

  void read_origin() {
    const std::string origin = expanded("myorigin");
    if (auto key = domain_key(origin)) {
      facts_.rules.myorigin = std::move(*key);
    } else if (origin.starts_with('/')) {
      error(0, fmt::format("myorigin is in the file {} on the primary", printable(origin, 80)),
            "write myorigin = the name in that file");
    } else if (!failed_) {
      error(0, fmt::format("myorigin: \"{}\" is no domain", printable(origin, 80)), "write myorigin = its domain");
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
      warn(fmt::format("recipient_delimiter is \"{}\", but {}:{} says \"{}\"", printable(rules.delimiters, 20),
                       relay_.recipient_delimiter->file, relay_.recipient_delimiter->line,
                       relay_.recipient_delimiter->value),
           "the relay file holds: leave it out there to follow this file");
      rules.delimiters = relay_.recipient_delimiter->value;
    }
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

  /// The value as it stands: its parameters are those of a delivery. With another path than the default or a part of
  /// it no .forward is believed, and the user's mailbox may be on the primary.
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

  /// What local(8) does with a name behind aliases and .forward files.
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
      error(0, fmt::format("{}: \"{}\" is no number", name, printable(text, 80)), "write a number from 1");
    }
    return value;
  }

  /// Tables that the primary has and of which the relay file has no copy.
  void check_tables() {
    if (is_not_empty(expanded("virtual_alias_maps")) && relay_.virtual_alias_maps.value.empty()) {
      unproven("the primary has virtual_alias_maps, and the relay file has no virtual-alias-maps",
               "copy the tables, and name the copies in the relay file");
    }
    if (is_not_empty(expanded("alias_maps")) && relay_.alias_maps.value.empty()) {
      unproven("the primary has alias_maps, and the relay file has no alias-maps",
               "copy the tables, and name the copies in the relay file");
    }
  }

  void check_not_followed() {
    const auto matters = [this](const NotFollowed& row) {
      const auto found = parameters_.find(row.name);
      if (found == parameters_.end()) return false;
      const auto value = expand_parameters(found->second, [this](auto inner) { return value_of(inner); });
      return row.matters(value.value_or(found->second));
    };
    for (const NotFollowed& row : not_followed) {
      if (!matters(row)) continue;
      unproven(
          fmt::format("{} {} at the primary, which is not followed", row.name, row.effect),
          fmt::format("if it concerns neither the relay's domains nor this host's, take the line out of this file"));
    }
    const auto classes = parameters_.find("masquerade_classes");
    const auto domains = parameters_.find("masquerade_domains");
    if (domains != parameters_.end() && is_not_empty(domains->second) && classes != parameters_.end() &&
        classes->second.contains("envelope_recipient")) {
      unproven("masquerade_classes rewrites recipients at the primary, which is not followed",
               "take envelope_recipient out of it");
    }
  }

  void unproven(std::string reason, std::string mend) {
    mend_of_[reason] = std::move(mend);
    facts_.unproven.push_back(std::move(reason));
  }

  void error(std::uint32_t line, std::string what, std::string mend) {
    failed_ = true;
    problems_.push_back(
        {relay_.primary_postconf.value, line, std::move(what), std::move(mend), Severity::error, Trouble::data});
  }

  void warn(std::string what, std::string mend) {
    warnings_.push_back(
        {relay_.primary_postconf.value, 0, std::move(what), std::move(mend), Severity::warning, Trouble::data});
  }

  const RelaySettings& relay_;
  Diagnostics& problems_;
  Diagnostics& warnings_;
  Parameters parameters_;
  PrimaryFacts facts_;
  std::map<std::string, std::string> mend_of_;
  bool failed_ = false;
};

}  // namespace

PrimaryFacts facts_without_postconf(const RelaySettings& relay) {
  PrimaryFacts facts;
  const std::vector<std::string>& domains = relay.domains.value;
  facts.rules.local_domains.insert(domains.begin(), domains.end());
  facts.rules.local_domains.insert(relay.primary_domains.value.begin(), relay.primary_domains.value.end());
  if (!domains.empty()) facts.rules.myorigin = domains.front();
  facts.rules.delimiters = relay.recipient_delimiter ? relay.recipient_delimiter->value : "";
  // Its own name is in mydestination by default, but that is not certain: neither a mailbox there nor a third host.
  for (std::string name : {folded(bare_host(relay.primary.value)), std::string("localhost")}) {
    if (!facts.rules.local_domains.contains(name)) facts.rules.unsure_domains.insert(std::move(name));
  }
  return facts;
}

std::optional<PrimaryFacts> facts_from_postconf(std::string_view text, const RelaySettings& relay,
                                                Diagnostics& problems, Diagnostics& warnings) {
  return PostconfReader(relay, problems, warnings).read(text);
}

}  // namespace shorthop
