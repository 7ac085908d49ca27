#include "tool/mirror/listed_recipients.h"

#include <algorithm>

#include "mail/address.h"
#include "tool/doctor/unasked_key.h"

namespace shorthop::tool {
namespace {

class Collecting {
 public:
  Collecting(const Relay& relay, const RelaySettings& settings, std::size_t most) : settings_(settings), most_(most) {
    for (const std::string& domain : settings.domains.value) {
      // Where the primary's lists cannot be asked, a name may be one of any domain.
      if (relay.primary.rules.local_domains.matches(domain, no_deadline).value_or(true))
        local_domains_.push_back(domain);
    }
  }

  void add_keys(const TableList& tables) {
    const auto use = [this](std::string_view key, std::string_view, std::uint32_t) { add_key(key); };
    for (const auto& table : tables.tables()) table->each_entry(use);
  }
  void add_names(const TableList& tables) {
    const auto use = [this](std::string_view key, std::string_view, std::uint32_t) { add_name(key); };
    for (const auto& table : tables.tables()) table->each_entry(use);
  }
  ListedRecipients take() && { return std::move(result_); }

 private:
  void add_key(std::string_view key) {
    if (!key.contains('@')) return add_name(key);
    add(std::string(key));
  }
  void add_name(std::string_view name) {
    if (name.contains('@') || is_added_by_postalias(name)) return;
    for (const std::string& domain : local_domains_) add(std::string(name) + '@' + domain);
  }
  void add(const std::string& text) {
    const auto address = Address::parse(text);
    if (!address ||
        std::ranges::find(settings_.domains.value, address->a_label_domain()) == settings_.domains.value.end())
      return;
    result_.is_cut = result_.is_cut || result_.addresses.size() >= most_;
    if (!result_.is_cut) result_.addresses.insert(address->external());
  }

  const RelaySettings& settings_;
  std::size_t most_;
  std::vector<std::string> local_domains_;
  ListedRecipients result_;
};

}  // namespace

ListedRecipients listed_recipients(const Relay& relay, const RelaySettings& settings, std::size_t most) {
  Collecting collecting(relay, settings, most);
  collecting.add_keys(relay.primary.virtual_aliases);
  collecting.add_names(relay.primary.aliases);
  if (relay.primary.mailboxes) collecting.add_names(*relay.primary.mailboxes);
  const auto& mailboxes = relay.primary.asked.mailbox_recipients;
  if (mailboxes) collecting.add_keys(*mailboxes);
  return std::move(collecting).take();
}

}  // namespace shorthop::tool
