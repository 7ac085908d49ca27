#include "tool/mirror/static_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "mail/address.h"
#include "mail/international.h"
#include "primary/budget.h"
#include "session/decision.h"
#include "session/refusal.h"
#include "tables/search.h"
#include "text/ascii.h"
#include "tool/mirror/listed_recipients.h"
#include "tool/mirror/named_extensions.h"

namespace shorthop::tool {
namespace {

constexpr std::size_t max_listed = 10'000'000;
constexpr std::size_t max_decisions = 2'000'000;        // about extensions: some ten seconds
constexpr std::string_view made_up = "shorthopmadeup";  // without characters that may be delimiters

/// This host, as if its tables rewrote no address.
class HostWithoutRewriting final : public LocalHost {
 public:
  explicit HostWithoutRewriting(const LocalHost& host) : host_(host) {}

  std::expected<bool, LookupFailure> is_local_domain(std::string_view domain, Deadline deadline) const override {
    return host_.is_local_domain(domain, deadline);
  }
  std::expected<bool, LookupFailure> is_best_mx(std::string_view domain) const override {
    return host_.is_best_mx(domain);
  }
  bool is_this_host(std::string_view host) const override { return host_.is_this_host(host); }
  std::expected<bool, LookupFailure> has_mailbox(const Address& recipient, Deadline deadline) const override {
    return host_.has_mailbox(recipient, deadline);
  }
  std::expected<bool, LookupFailure> maps_to_another_address(const Address&, Deadline) const override { return false; }
  std::expected<bool, LookupFailure> copies(const Address& recipient, Deadline deadline) const override {
    return host_.copies(recipient, deadline);
  }
  std::expected<std::optional<MailRoute>, LookupFailure> route_of(const Address& recipient,
                                                                  Deadline deadline) const override {
    return host_.route_of(recipient, deadline);
  }
  std::optional<Leaf> alias_obstacle(const Address& mailbox, bool is_only_target, Deadline deadline) const override {
    return host_.alias_obstacle(mailbox, is_only_target, deadline);
  }
  std::optional<Leaf> merging_obstacle(const std::vector<Address>& targets, Deadline deadline) const override {
    return host_.merging_obstacle(targets, deadline);
  }
  std::vector<const TableList*> tables_for_client_recipients() const override {
    return host_.tables_for_client_recipients();
  }

 private:
  const LocalHost& host_;
};

class StaticTableMaker {
 public:
  StaticTableMaker(const Snapshot& snapshot, const Relay& relay, const RelaySettings& settings,
                   const std::string& delimiters)
      : snapshot_(snapshot), this_host_(snapshot.host), relay_(relay), settings_(settings), delimiters_(delimiters) {
    snapshot_.host = std::make_shared<HostWithoutRewriting>(*snapshot.host);
    snapshot_.refutations = snapshot.refutations;
  }

  StaticTable virtual_aliases() && {
    const ListedRecipients listed = listed_recipients(relay_, settings_, max_listed);
    if (!relay_.primary.senders.empty()) {
      leave_out("the primary's tables ask about the sender", listed.addresses.size());
      return std::move(result_);
    }
    // Mail that comes back from the primary gets these actions. The table would replace it whoever its sender is.
    if (this_host_->asks_about_senders()) {
      leave_out("check_sender_access of this host asks about the sender", listed.addresses.size());
      return std::move(result_);
    }
    extensions_ = named_extensions(relay_, settings_, snapshot_, delimiters_);
    if (listed.addresses.size() * extensions_.texts.size() > max_decisions)
      extensions_.not_known = "there are too many";
    for (const std::string& text : listed.addresses) {
      if (const auto address = Address::parse(text)) add_alias(*address);
    }
    for (const std::string& domain : listed.catch_alls) leave_out("a catch-all, @" + domain);
    for (const std::string& name : listed.not_listable) leave_out(name + ": its entries cannot be listed");
    for (const std::string& domain : settings_.domains.value) {
      if (has_two_spellings(domain)) leave_out("every address with the domain written as " + with_u_labels(domain));
    }
    return std::move(result_);
  }

  StaticTable relay_recipients() && {
    const ListedRecipients listed = listed_recipients(relay_, settings_, max_listed);
    for (const std::string& domain : settings_.domains.value) {
      if (const std::string why = why_not_listed(listed, domain); why.empty()) {
        for (const std::string& name : names_without_user()) accept(Address::from_parts(name, domain));
      } else {
        accept_domain(domain, why);
      }
    }
    for (const std::string& text : listed.addresses) {
      const auto address = Address::parse(text);
      if (address && is_refused(*address)) {
        leave_out("unknown-recipient");
      } else if (!accept(address)) {
        leave_out(std::string(no_key));
      }
    }
    return std::move(result_);
  }

 private:
  static constexpr std::string_view no_key = "its spelling cannot be written as a key";

  void leave_out(const std::string& why, std::size_t number = 1) {
    if (number > 0) result_.left_out[why] += number;
  }

  /// False if the table cannot have the address.
  bool accept(const std::expected<Address, AddressError>& address) {
    const auto key = address ? TableKey::of(*address) : std::nullopt;
    if (key) result_.entries.insert_or_assign(*key, "OK");
    return key.has_value();
  }

  void accept_domain(const std::string& domain, const std::string& why) {
    if (const auto key = TableKey::of_domain(domain)) result_.entries.insert_or_assign(*key, "OK");
    result_.domains_not_listed.push_back(domain + ": " + why);
  }

  static bool is_plain(const Address& address) { return address.is_ascii() && !address.needs_quotes(); }

  Decision decide_for(const Address& address, Trace trace = Trace::off) const {
    Budget budget = running_budget(snapshot_, std::chrono::steady_clock::now());
    return decide_address(address, snapshot_, {std::chrono::system_clock::now(), trace, budget});
  }

  /// Whether the primary's smtpd(8) refuses the address. It accepts an alias that leads to an unknown address.
  bool is_refused(const Address& address) const {
    const Decision decision = decide_for(address, Trace::on);
    return decision.reason == Reason::unknown_recipient &&
           why_not_refused(address, decision.resolution, relay_, std::chrono::system_clock::now()).empty();
  }

  void add_alias(const Address& address) {
    const auto key = TableKey::of(address);
    if (!key) return leave_out(std::string(no_key));
    const auto targets = targets_of(address);
    if (!targets) return leave_out(targets.error());
    auto extended = entries_with_extensions(address, *targets);
    if (!extended) return leave_out(extended.error());
    result_.entries.insert_or_assign(*key, value_of(*targets));
    result_.entries.merge(*extended);
  }

  /// The mailboxes that replace the address; or why it is left out.
  std::expected<std::vector<Address>, std::string> targets_of(const Address& address) const {
    Decision decision = decide_for(address);
    if (decision.verdict != Verdict::rewrite) return std::unexpected(std::string(name_of(decision.reason)));
    if (!std::ranges::all_of(decision.to, is_plain)) return std::unexpected("a target is not plain ASCII");
    for (const Address& target : decision.to) {
      if (std::string why = why_rewritten_here(target); !why.empty()) return std::unexpected(std::move(why));
    }
    return std::move(decision.to);
  }

  static std::string value_of(const std::vector<Address>& targets) {
    std::string value;
    for (const Address& to : targets) value += (value.empty() ? "" : ", ") + to.external();
    return value;
  }

  /// cleanup(8) asks canonical_maps before virtual_alias_maps, so with this table it would not look up a target in
  /// canonical_maps. Without the table, the mail comes back from the primary for the target, and the target is looked
  /// up in canonical_maps.
  std::string why_rewritten_here(const Address& target) const {
    const auto is_rewritten = this_host_->maps_to_another_address(target, no_deadline);
    if (!is_rewritten) return "it is not known whether this host rewrites a target: " + is_rewritten.error().text();
    return *is_rewritten ? "a table of this host rewrites a target" : "";
  }

  /// virtual(5): the entry for user@domain also matches user+ext, and ext is added to the targets. The targets must be
  /// the mailboxes to which the primary would send user+ext. If the address with an extension leads elsewhere, it gets
  /// its own entry. If it is kept, that entry leads to the address itself (virtual(5): an address may expand into
  /// itself). The error says why the entry for user@domain must be left out.
  std::expected<StaticEntries, std::string> entries_with_extensions(const Address& address,
                                                                    const std::vector<Address>& targets) const {
    const bool has_one = address.local_part().find_first_of(delimiters_, 1) != std::string_view::npos;
    if (delimiters_.empty() || has_one) return StaticEntries();
    if (!extensions_.not_known.empty()) {
      return std::unexpected("the entry would match every extension, and not all are known: " + extensions_.not_known);
    }
    for (const char delimiter : delimiters_) {
      if (!leads_to(extended(address, fmt::format("{}{}", delimiter, made_up)), targets)) return elsewhere();
    }
    StaticEntries entries;
    for (const std::string& extension : extensions_.texts) {
      const auto other = extended(address, extension);
      if (!other || leads_to(other, targets)) continue;
      const auto key = TableKey::of(*other);
      if (!key) return elsewhere();
      const auto own_targets = targets_of(*other);
      entries.emplace(*key, own_targets ? value_of(*own_targets) : key->text());
    }
    return entries;
  }

  static std::unexpected<std::string> elsewhere() {
    return std::unexpected(std::string("with an extension it leads elsewhere"));
  }

  /// The address with the extension; nullopt if that is not a valid address.
  static std::optional<Address> extended(const Address& address, std::string_view extension) {
    auto longer = Address::from_parts(fmt::format("{}{}", address.key_local_part(), extension), address.domain());
    return longer ? std::optional(std::move(*longer)) : std::nullopt;
  }

  bool leads_to(const std::optional<Address>& address, const std::vector<Address>& targets) const {
    const auto own_targets = address ? targets_of(*address) : std::unexpected(std::string());
    return own_targets && mailboxes_of(*own_targets) == mailboxes_of(targets);
  }

  std::vector<std::string> mailboxes_of(const std::vector<Address>& targets) const {
    std::vector<std::string> mailboxes;
    for (const Address& target : targets) {
      const auto parts = split_local_part(target.key_local_part(), delimiters_, true);
      mailboxes.push_back(fmt::format("{}@{}", parts.user, target.key_domain()));
    }
    std::ranges::sort(mailboxes);
    return mailboxes;
  }

  /// Names that smtpd(8) accepts without a user: see is_always_accepted() in session/refusal.cpp.
  std::vector<std::string> names_without_user() const {
    std::vector<std::string> names = {"postmaster", "mailer-daemon"};
    for (const std::string& sender : {relay_.primary.rules.double_bounce, relay_.primary.rules.probe_sender}) {
      if (!sender.empty()) names.push_back(sender);
    }
    return names;
  }

  /// Why the primary, or this host's Postfix with the table, accepts names that are not listed. Empty if neither does.
  /// Decides by a made-up name and the rules of reject-unknown.
  std::string why_unlisted_are_accepted(const ListedRecipients& listed, const std::string& domain) const {
    const auto made_up_address = Address::from_parts(std::string(made_up), domain);
    if (!made_up_address) return "it cannot be written in an address";
    const Decision decision = decide_for(*made_up_address, Trace::on);
    if (decision.reason != Reason::unknown_recipient) {
      return fmt::format("the primary may accept a made-up name in it: {}", name_of(decision.reason));
    }
    const auto now = std::chrono::system_clock::now();
    if (auto why = why_not_refused(*made_up_address, decision.resolution, relay_, now); !why.empty()) return why;
    const std::string& delimiters = relay_.primary.rules.delimiters;
    if (delimiters.find_first_not_of(delimiters_) != delimiters.npos) {
      return "recipient_delimiter of this host lacks a delimiter of the primary";
    }
    const bool has_odd = std::ranges::any_of(listed.addresses, [&](const std::string& text) {
      const auto address = Address::parse(text);
      return address && !TableKey::of(*address) && address->a_label_domain() == domain;
    });
    return has_odd ? "it has an address whose spelling cannot be written as a key" : "";
  }

  /// Why some addresses of the domain cannot be listed; empty: all can.
  std::string why_not_listed(const ListedRecipients& listed, const std::string& domain) const {
    if (!relay_.why_incomplete.empty()) return relay_.why_incomplete;
    if (!relay_.primary.address_tables.local_recipients)
      return "the primary accepts every name, or its list is not mirrored";
    if (relay_.primary.rules.has_changing_probes)
      return "the primary's probes have changing senders, address_verify_sender_ttl";
    if (listed.is_partial) return fmt::format("it has more than {} addresses", max_listed);
    if (!listed.not_listable.empty()) return *listed.not_listable.begin() + ": its entries cannot be listed";
    if (listed.catch_alls.contains(domain)) return "it has a catch-all";
    return why_unlisted_are_accepted(listed, domain);
  }

  Snapshot snapshot_;
  std::shared_ptr<const LocalHost> this_host_;
  const Relay& relay_;
  const RelaySettings& settings_;
  std::string delimiters_;
  NamedExtensions extensions_;
  StaticTable result_;
};

}  // namespace

StaticTable static_table(StaticForm form, const Snapshot& snapshot, const Relay& relay, const RelaySettings& settings,
                         const std::string& delimiters) {
  StaticTableMaker maker(snapshot, relay, settings, delimiters);
  return form == StaticForm::virtual_aliases ? std::move(maker).virtual_aliases() : std::move(maker).relay_recipients();
}

}  // namespace shorthop::tool
