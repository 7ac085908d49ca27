#include "tool/mirror/listed_recipients.h"

#include <algorithm>
#include <vector>

#include "mail/address.h"
#include "mail/international.h"
#include "tool/doctor/unasked_key.h"

namespace shorthop::tool {
namespace {

class RecipientCollector {
 public:
  RecipientCollector(const Relay& relay, const RelaySettings& settings, std::size_t max_addresses)
      : settings_(settings), max_addresses_(max_addresses) {
    for (const std::string& domain : settings.domains.value) {
      // If it is not known whether the domain is local to the primary, it counts as local.
      if (relay.primary.rules.local_domains.matches(domain, no_deadline).value_or(true)) {
        local_domains_.push_back(domain);
      }
    }
  }

  void add(const TableList& tables) {
    const auto use = [this](std::string_view key, std::string_view, std::uint32_t) { add_key(key); };
    for (const auto& table : tables.tables()) {
      if (!table->each_entry(use)) result_.not_listable.insert(table->name());
    }
  }
  void add(const std::optional<TableList>& tables) {
    if (tables) add(*tables);
  }
  ListedRecipients take() && { return std::move(result_); }

 private:
  void add_key(std::string_view key) {
    const std::size_t at = key.rfind('@');
    if (at == 0) {
      add_catch_all(key.substr(1));
    } else if (at != key.npos) {
      add_address(key.substr(0, at), key.substr(at + 1));
    } else if (!is_added_by_postalias(key)) {
      for (const std::string& domain : local_domains_) add_address(key, domain);
    }
  }
  void add_catch_all(std::string_view domain) {
    const auto key = to_a_labels(domain);
    if (key && is_of_relay(*key)) result_.catch_alls.insert(*key);
  }
  bool is_of_relay(std::string_view domain) const {
    return std::ranges::find(settings_.domains.value, domain) != settings_.domains.value.end();
  }
  /// A key is usually written without the quotes that an address needs; some panels write it with them.
  void add_address(std::string_view local_part, std::string_view domain) {
    auto address = Address::parse(std::string(local_part).append("@").append(domain));
    if (!address) address = Address::from_parts(local_part, domain);
    if (!address || !is_of_relay(address->a_label_domain())) return;
    result_.is_partial = result_.is_partial || result_.addresses.size() >= max_addresses_;
    if (!result_.is_partial) result_.addresses.insert(address->external());
  }

  const RelaySettings& settings_;
  std::size_t max_addresses_;
  std::vector<std::string> local_domains_;
  ListedRecipients result_;
};

}  // namespace

ListedRecipients listed_recipients(const Relay& relay, const RelaySettings& settings, std::size_t max_addresses) {
  const Primary& primary = relay.primary;
  RecipientCollector collector(relay, settings, max_addresses);
  collector.add(primary.virtual_aliases);
  collector.add(primary.aliases);
  collector.add(primary.mailboxes);
  collector.add(primary.address_tables.recipient_canonical);
  collector.add(primary.address_tables.canonical);
  for (const auto* tables : {&primary.address_tables.local_recipients, &primary.address_tables.mailbox_recipients,
                             &primary.address_tables.relay_recipients, &primary.address_tables.smtpd_aliases}) {
    collector.add(*tables);
  }
  return std::move(collector).take();
}

}  // namespace shorthop::tool
