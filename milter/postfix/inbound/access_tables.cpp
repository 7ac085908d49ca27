#include "postfix/inbound/access_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "postfix/inbound/restrictions.h"
#include "postfix/master_services.h"
#include "tables/table_name.h"
#include "text/ascii.h"
#include "text/items.h"

namespace shorthop {
namespace {

/// Whether a table that stands alone in this list is asked about the recipient (smtpd/smtpd_check.c: smtpd_check_rcpt).
/// smtpd_data_restrictions and smtpd_end_of_data_restrictions take no such table: smtpd(8) answers 451.
bool takes_bare_tables(std::string_view list) {
  return list.ends_with("recipient_restrictions") || list.ends_with("relay_restrictions");
}

/// The lists in which smtpd(8) knows the recipient only if the message has no other one.
bool is_asked_after_data(std::string_view list) {
  return list == "smtpd_data_restrictions" || list == "smtpd_end_of_data_restrictions";
}

/// The names in smtpd_restriction_classes. A service may name other classes, and give them other values.
std::set<std::string, std::less<>> class_names(const Parameters& parameters) {
  std::set<std::string, std::less<>> classes;
  for (const auto& [name, value] : parameters) {
    if (name_without_service(name) != "smtpd_restriction_classes") continue;
    for (std::string& item : list_items(value)) classes.insert(std::move(item));
  }
  return classes;
}

constexpr std::array refusing = std::to_array<std::string_view>({"reject", "defer", "defer_if_permit"});

// These restrictions permit every recipient in a domain that the host is responsible for, or to which it relays.
// permit_mx_backup also permits recipients in domains whose MX records name the host.
constexpr std::array permitting =
    std::to_array<std::string_view>({"permit", "permit_auth_destination", "permit_mx_backup"});

/// Whether the parameter is one of main.cf, or of a service that may be the smtpd(8) of the SMTP port.
bool is_of_public_smtpd(std::string_view name) {
  const std::string_view service = service_of(name);
  return service.empty() || may_be_public_smtpd(service.substr(0, service.size() - 1));
}

bool is_one_of(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// Restrictions by which a table permits clients. For the others, such as check_reverse_client_hostname_access and
// check_client_mx_access, postconf(5) says: 'a result of "OK" is not allowed for safety reasons'.
constexpr std::array permitting_clients =
    std::to_array<std::string_view>({"check_client_access", "check_ccert_access"});

/// Whether the restriction asks about the client alone.
bool is_of_client(std::string_view name) {
  return is_one_of(permitting_clients, name) || name.starts_with("check_client_") ||
         name.starts_with("check_reverse_client_");
}

/// Reads the restriction lists as one smtpd(8) sees them: the lists of main.cf, and the overrides of its service.
class ListReader {
 public:
  /// `service`: "smtp/inet/"; empty for main.cf alone.
  ListReader(const Parameters& parameters, std::string_view service, RecipientChecks& checks)
      : parameters_(parameters), service_(service), classes_(class_names(parameters)), checks_(checks) {
    counts_refusals_ = service.empty() || may_be_public_smtpd(service.substr(0, service.size() - 1));
  }

  void read() {
    for (const std::string_view list : restriction_lists) read_list(list, false);
    // An entry of an access table may name any class.
    for (const std::string& name : classes_) read_list(name, true);
    if (counts_refusals_ && classes_ask_recipients_ && messages_get_classes_) checks_.asks_lone_recipients = true;
  }

 private:
  /// What the restrictions before one place of a list do.
  struct Place {
    std::string_view list;
    bool is_class;                         ///< a class by itself, not in a list that names it
    std::vector<std::size_t> tables = {};  ///< the tables of recipients
    bool asks_message = false;             ///< they check more than the client, for example the recipient
    bool permits_clients = false;          ///< they permit some clients
    bool is_end = false;                   ///< no mail for this host's own domains gets further
  };

  void read_list(std::string_view list, bool is_class) {
    Place place{list, is_class};
    read_items(value_of(list), place, false, 0);
  }

  void read_items(std::string_view value, Place& place, bool all_only_warn, std::size_t nesting) {
    // A class may name itself, or many others.
    constexpr std::size_t max_nesting = 50;
    constexpr std::size_t max_items = 10'000;
    bool only_warns = all_only_warn;  // postconf(5) warn_if_reject: applies to the next restriction
    for (const auto& [word, argument] : restriction_items(value)) {
      if (nesting > max_nesting || ++items_ > max_items)
        return checks_.refusals.push_back({"too many restrictions", {}});
      const std::string name = folded(word);
      const bool warns = std::exchange(only_warns, all_only_warn || name == "warn_if_reject");
      if (const auto inside = inside_braces(word)) {
        read_items(*inside, place, warns, nesting + 1);
      } else if (classes_.contains(word)) {
        read_items(value_of(word), place, warns, nesting + 1);
      } else if (is_one_of(refusing, name)) {
        if (!warns) add_refusal(name, place);
      } else if (name == "defer_if_reject") {
        checks_.defers_rejections = checks_.defers_rejections || counts_refusals_;
      } else if (is_one_of(permitting, name)) {
        place.is_end = true;
      } else {
        read_check(word, name, argument, place);
      }
    }
  }

  /// A restriction that permits or refuses some mail.
  void read_check(const std::string& word, std::string_view name, const std::string& argument, Place& place) {
    const bool is_removed = word == removed_value;  // it may be a list that names tables
    const bool is_bare_table = is_removed || (argument.empty() && word.contains(':'));
    const bool is_of_recipient = name == "check_recipient_access" && !argument.empty();
    if (is_asked_after_data(place.list)) {
      if (counts_refusals_ && (is_of_recipient || is_removed)) checks_.asks_lone_recipients = true;
      if (name.starts_with("check_")) messages_get_classes_ = true;  // an entry of its table may name a class
    } else if (place.is_class && (is_of_recipient || is_bare_table)) {
      classes_ask_recipients_ = true;
    }
    if (is_of_recipient || is_removed || (is_bare_table && (place.is_class || takes_bare_tables(place.list)))) {
      const std::size_t number = table_number(is_bare_table ? word : argument);
      place.asks_message = true;
      // In a class, a table that stands alone may be a table of clients.
      if (!place.is_end && !(is_bare_table && place.is_class)) place.tables.push_back(number);
    } else if (name.starts_with("permit_") || (is_one_of(permitting_clients, name) && !argument.empty()) ||
               (is_bare_table && place.list == "smtpd_client_restrictions")) {
      place.permits_clients = true;
    } else if (is_bare_table || (name.starts_with("check_") && !is_of_client(name))) {
      place.asks_message = true;
    }
  }

  void add_refusal(std::string_view name, Place& place) {
    const bool is_reached = place.asks_message || !place.permits_clients;
    const bool is_asked = !place.is_class || !place.tables.empty();
    if (counts_refusals_ && !place.is_end && is_reached && is_asked) {
      AccessRefusal refusal{fmt::format("{} in {}", name, place.list), {}};
      // In these lists, a table can permit a recipient only if the message has no other one.
      if (!is_asked_after_data(place.list)) refusal.permitting = place.tables;
      auto& all = checks_.refusals;
      if (std::ranges::find(all, refusal) == all.end()) all.push_back(std::move(refusal));
    }
    place.is_end = place.is_end || name == "reject" || name == "defer";
  }

  /// The number of a table among all tables; a new table is added to them.
  std::size_t table_number(const std::string& table) {
    auto& tables = checks_.tables;
    const auto found = std::ranges::find(tables, table);
    const auto number = static_cast<std::size_t>(found - tables.begin());
    if (found == tables.end()) tables.push_back(table);
    return number;
  }

  std::string_view value_of(std::string_view name) const {
    const std::string* own = find_value(parameters_, fmt::format("{}{}", service_, name));
    return own != nullptr ? std::string_view(*own) : text_or_empty(parameters_, name);
  }

  const Parameters& parameters_;
  std::string_view service_;
  std::set<std::string, std::less<>> classes_;
  RecipientChecks& checks_;
  bool counts_refusals_ = false;
  bool classes_ask_recipients_ = false;
  bool messages_get_classes_ = false;
  std::size_t items_ = 0;  ///< read so far
};

/// Whether the value of a class has only restrictions that RecipientChecks::ignorable_classes may have.
bool is_ignorable(std::string_view value) {
  const auto is_harmless = [](const RestrictionItem& item) {
    const std::string name = folded(item.word);
    if (name == "check_policy_service") return !item.argument.empty();
    if (name.contains("sender")) return false;
    return name == "permit" || name == "warn_if_reject" || name.starts_with("permit_") || name.starts_with("reject_");
  };
  const std::vector<RestrictionItem> items = restriction_items(value);
  return !items.empty() && std::ranges::all_of(items, is_harmless);
}

// Restrictions that reject an address that the host does not deliver. Others in an entry may be a rule for this
// recipient, such as reject_plaintext_session in mailcow's tables.
constexpr std::array rejecting_undeliverable = std::to_array<std::string_view>(
    {"reject_non_fqdn_recipient", "reject_unauth_destination", "reject_unknown_recipient_domain",
     "reject_unlisted_recipient", "reject_unverified_recipient"});

/// Whether this restriction, in an entry of an access table, can be ignored: it does not keep the recipient.
bool is_ignorable_in_entry(std::string_view restriction) {
  const std::string name = folded(restriction);
  return name == "permit" || name.starts_with("permit_") || is_one_of(rejecting_undeliverable, name);
}

/// The classes that are ignorable in main.cf and in every service.
std::set<std::string, std::less<>> ignorable_classes(const Parameters& parameters) {
  auto classes = class_names(parameters);
  for (const auto& [name, value] : parameters) {
    if (!is_ignorable(value)) classes.erase(std::string(name_without_service(name)));
  }
  std::erase_if(classes, [&](const std::string& name) { return !parameters.contains(name); });
  return classes;
}

/// Whether a list or class of main.cf, or of a service on the SMTP port, has one of these restrictions, also in braces.
bool has_restriction(const Parameters& parameters, std::span<const std::string_view> names) {
  const auto classes = class_names(parameters);
  return std::ranges::any_of(parameters, [&](const auto& one) {
    const std::string_view name = name_without_service(one.first);
    if (!is_one_of(restriction_lists, name) && !classes.contains(name)) return false;
    if (!is_of_public_smtpd(one.first)) return false;
    std::string list = folded(one.second);
    std::ranges::replace_if(list, [](char c) { return c == '{' || c == '}'; }, ' ');
    return std::ranges::any_of(list_items(list), [&](const std::string& item) { return is_one_of(names, item); });
  });
}

/// The table that a restriction asks about the sender; empty: it asks none. `takes_bare_tables`: so does a table that
/// stands alone.
std::string sender_table_of(const RestrictionItem& check, bool takes_bare_tables) {
  if (equal_folded(check.word, "check_sender_access")) return check.argument;
  return takes_bare_tables && check.argument.empty() && TableName::parse(check.word) ? check.word : std::string();
}

/// Lists in braces are read too, but not lists inside of these.
void add_sender_tables(std::vector<std::string>& tables, std::string_view value, bool takes_bare_tables) {
  for (const RestrictionItem& item : restriction_items(value)) {
    const auto inside = inside_braces(item.word);
    for (const RestrictionItem& check : inside ? restriction_items(*inside) : std::vector{item}) {
      std::string table = sender_table_of(check, takes_bare_tables);
      const bool is_new = std::ranges::find(tables, table) == tables.end();
      if (!table.empty() && is_new) tables.push_back(std::move(table));
    }
  }
}

}  // namespace

RecipientChecks recipient_checks(const Parameters& parameters) {
  std::set<std::string_view> services = {""};
  for (const auto& [name, value] : parameters) services.insert(service_of(name));
  RecipientChecks checks;
  for (const std::string_view service : services) ListReader(parameters, service, checks).read();
  checks.ignorable_classes = ignorable_classes(parameters);
  for (const std::string& name : class_names(parameters)) {
    if (is_ignorable_in_entry(name) && !checks.ignorable_classes.contains(name)) checks.misleading_classes.insert(name);
  }
  return checks;
}

ListTest RecipientChecks::ignorable_lists() const {
  return [ignorable = ignorable_classes, misleading = misleading_classes](std::string_view list) {
    return std::ranges::all_of(restriction_items(list), [&](const RestrictionItem& item) {
      return ignorable.contains(item.word) || (is_ignorable_in_entry(item.word) && !misleading.contains(item.word));
    });
  };
}

std::vector<std::string> sender_access_tables(const Parameters& parameters) {
  const auto classes = class_names(parameters);
  std::vector<std::string> tables;
  for (const auto& [name, value] : parameters) {
    const std::string_view list = name_without_service(name);
    const bool is_class = classes.contains(list);
    if ((!is_one_of(restriction_lists, list) && !is_class) || !is_of_public_smtpd(name)) continue;
    // A class may be named in the list for senders.
    add_sender_tables(tables, value, list == "smtpd_sender_restrictions" || is_class);
  }
  return tables;
}

bool has_unlisted_restriction(const Parameters& parameters) {
  // check_recipient_maps is the name of reject_unlisted_recipient before Postfix 2.1.
  constexpr auto names = std::to_array<std::string_view>({"reject_unlisted_recipient", "check_recipient_maps"});
  return has_restriction(parameters, names);
}

bool refuses_shared_bounces(const Parameters& parameters) {
  constexpr auto names = std::to_array<std::string_view>({"reject_multi_recipient_bounce"});
  return has_restriction(parameters, names);
}

}  // namespace shorthop
