#include "load/dns_answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "mail/host.h"
#include "mail/international.h"
#include "session/relay_hosts.h"
#include "system/ip_address.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

/// A host with its DNS answers added.
class HostWithMx final : public LocalHost {
 public:
  HostWithMx(std::shared_ptr<const LocalHost> host, OwnNames own, ByName<bool> best,
             std::map<std::string, std::string> unknown)
      : host_(std::move(host)), own_(std::move(own)), best_(std::move(best)), unknown_(std::move(unknown)) {}

  std::expected<bool, LookupFailure> is_local_domain(std::string_view domain, Deadline deadline) const override {
    return host_->is_local_domain(domain, deadline);
  }
  std::expected<bool, LookupFailure> is_best_mx(std::string_view domain) const override {
    const std::string key = to_a_labels(domain).value_or(std::string(domain));
    if (const auto known = best_.find(key); known != best_.end()) return known->second;
    const auto why = unknown_.find(key);
    return std::unexpected(
        LookupFailure{fmt::format("the MX records of {} are not known: {} (set arrives-here if the DNS cannot tell)",
                                  printable(key, 100), why == unknown_.end() ? "they were not asked for" : why->second),
                      FailureKind::unavailable});
  }
  bool is_this_host(std::string_view host) const override {
    const std::string name = host_key(host);
    if (!is_address_literal(name)) return name.contains('.') && own_.has_name(name);
    const auto address = IpAddress::parse(name);
    return address && !address->is_private() && own_.has_address(name);
  }
  std::expected<bool, LookupFailure> has_mailbox(const Address& recipient, Deadline deadline) const override {
    return host_->has_mailbox(recipient, deadline);
  }
  std::expected<bool, LookupFailure> maps_to_another_address(const Address& recipient,
                                                             Deadline deadline) const override {
    return host_->maps_to_another_address(recipient, deadline);
  }
  bool may_merge_with_another(const Address& mailbox, Deadline deadline) const override {
    return host_->may_merge_with_another(mailbox, deadline);
  }
  std::expected<bool, LookupFailure> may_relay_as_another_address(const Address& recipient,
                                                                  Deadline deadline) const override {
    return host_->may_relay_as_another_address(recipient, deadline);
  }
  bool merges_copies() const override { return host_->merges_copies(); }
  bool acts_on_messages() const override { return host_->acts_on_messages(); }
  std::expected<bool, LookupFailure> copies(const Address& recipient, Deadline deadline) const override {
    return host_->copies(recipient, deadline);
  }
  std::optional<LookupFailure> sender_action(std::string_view path, Deadline deadline) const override {
    return host_->sender_action(path, deadline);
  }
  bool asks_about_senders() const override { return host_->asks_about_senders(); }
  std::expected<bool, LookupFailure> rewrites_sender(const Address& sender, Deadline deadline) const override {
    return host_->rewrites_sender(sender, deadline);
  }
  std::expected<std::optional<MailRoute>, LookupFailure> route_of(const Address& recipient,
                                                                  Deadline deadline) const override {
    return host_->route_of(recipient, deadline);
  }
  std::optional<Leaf> alias_obstacle(const Address& mailbox, bool is_only_target, Deadline deadline) const override {
    return host_->alias_obstacle(mailbox, is_only_target, deadline);
  }
  std::optional<Leaf> merging_obstacle(const std::vector<Address>& targets, Deadline deadline) const override {
    return host_->merging_obstacle(targets, deadline);
  }
  std::vector<const TableList*> tables_for_client_recipients() const override {
    return host_->tables_for_client_recipients();
  }

 private:
  std::shared_ptr<const LocalHost> host_;
  OwnNames own_;
  ByName<bool> best_;
  std::map<std::string, std::string> unknown_;
};

void add_domains_in(std::string_view text, std::set<std::string, std::less<>>& domains) {
  const auto ends = [](char c) { return is_space(c) || c == ',' || c == '>' || c == ';' || c == ')' || c == '"'; };
  for (std::size_t at = text.find('@'); at != text.npos; at = text.find('@', at + 1)) {
    const auto begin = text.begin() + static_cast<std::ptrdiff_t>(at) + 1;
    const std::string_view domain(begin, std::find_if(begin, text.end(), ends));
    if (domains.size() < max_domains_asked * 10 && !domains.contains(domain)) domains.emplace(domain);
  }
}

}  // namespace

void add_domains_of_targets(const Primary& primary, std::set<std::string, std::less<>>& domains) {
  const auto add = [&](std::string_view, std::string_view value, std::uint32_t) { add_domains_in(value, domains); };
  for (const TableList* list : {&primary.virtual_aliases, &primary.aliases}) {
    for (const auto& table : list->tables()) table->each_entry(add);
  }
}

void DnsAnswers::ask_addresses(const std::map<std::string, const RelaySettings*>& primaries, Diagnostics& warnings) {
  std::vector<std::string> names;
  for (const auto& [name, relay] : primaries) names.push_back(name);
  // An IP address is passed too: the answer is its canonical form, without a question to the DNS.
  auto answers = addresses_source_.look_up(names);
  unknown_addresses_.clear();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (answers[i] && !answers[i]->empty()) {
      std::ranges::sort(*answers[i]);  // name servers change the order with each answer
      keep(addresses_, names[i], std::move(*answers[i]));
    } else if (!addresses_.contains(names[i])) {
      std::string why = fmt::format("the addresses of the primary {} are not known: {}", names[i],
                                    answers[i] ? no_addresses : answers[i].error());
      const Located<std::string>& primary = primaries.at(names[i])->primary;
      warnings.push_back({primary.origin, why + "; its recipients are kept",
                          "wait until the DNS answers, or set primary to its IP address", Severity::warning,
                          ErrorClass::temporary, Subject::address_of_primary});
      unknown_addresses_[names[i]] = std::move(why);
    }
  }
}

void DnsAnswers::ask_exchangers(const std::set<std::string>& domains, const std::set<std::string>& relay_domains,
                                const OwnNames& own, const std::string& file, Diagnostics& warnings) {
  // All at once: if no name server answers, these questions take one time limit together.
  std::vector<std::string> names(domains.begin(), domains.end());
  std::ranges::set_difference(relay_domains, domains, std::back_inserter(names));
  const auto answers = exchangers_source_.look_up(names);
  unknown_mx_.clear();
  std::map<std::string, std::vector<std::string>> best;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (domains.contains(names[i])) keep_best_mx(names[i], answers[i], own, file, warnings);
    if (!answers[i] || !relay_domains.contains(names[i])) continue;
    std::vector<std::string>& hosts = best[names[i]];
    hosts = best_hosts(names[i], *answers[i]);
    std::erase(hosts, "");  // the null MX (RFC 7505): the domain gets no mail
  }
  keep_relay_exchangers(std::move(best), own);
}

void DnsAnswers::keep_best_mx(const std::string& domain, const MxAnswer& answer, const OwnNames& own,
                              const std::string& file, Diagnostics& warnings) {
  if (const auto is_best = is_best_mx(domain, answer, own)) return keep(best_mx_, domain, *is_best);
  if (best_mx_.contains(domain)) return;
  std::string why = answer ? "the addresses of its MX hosts are not known" : answer.error();
  warnings.push_back(
      {{file, 0},
       fmt::format("the MX records of {} are not known: {}; recipients that lead there are kept", domain, why),
       fmt::format("wait until the DNS answers, or write arrives-here = {} in the relay file", domain),
       Severity::warning,
       ErrorClass::temporary});
  unknown_mx_[domain] = std::move(why);
}

void DnsAnswers::keep_relay_exchangers(std::map<std::string, std::vector<std::string>> best, const OwnNames& own) {
  std::set<std::string> hosts;
  for (const auto& [domain, its_hosts] : best) hosts.insert(its_hosts.begin(), its_hosts.end());
  const std::vector<std::string> names(hosts.begin(), hosts.end());
  auto answers = addresses_source_.look_up(names);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!answers[i]) continue;
    std::ranges::sort(*answers[i]);
    keep(exchanger_addresses_, names[i], std::move(*answers[i]));
  }
  // A domain of which this host itself is a best MX is not relayed.
  const AddressesOf addresses_of = [&](const std::string& host) {
    const auto* known = find_value(exchanger_addresses_, host);
    return known == nullptr ? std::vector<std::string>() : *known;
  };
  for (auto& [domain, its_hosts] : best) {
    std::erase_if(its_hosts, [&](const std::string& host) { return shorthop::is_this_host(host, own, addresses_of); });
    keep(relay_exchangers_, domain, std::move(its_hosts));
  }
}

/// Also true if the addresses of the host or of the primary are not known, and if the DNS has none: the MTA then tries
/// another host.
bool DnsAnswers::may_be_host_of(const std::string& host, const Relay& relay) const {
  if (is_host_of({}, host, relay) || relay.client_addresses.empty()) return true;
  const auto* addresses = find_value(exchanger_addresses_, host);
  if (addresses == nullptr || addresses->empty()) return true;
  return std::ranges::any_of(*addresses, [&](const std::string& address) { return is_host_of(address, {}, relay); });
}

TextByName DnsAnswers::other_exchangers(const Relay& relay, const std::vector<std::string>& domains) const {
  TextByName others;
  for (const std::string& domain : domains) {
    const auto* hosts = find_value(relay_exchangers_, domain);
    if (hosts == nullptr) continue;
    const auto other = std::ranges::find_if_not(*hosts, [&](const auto& host) { return may_be_host_of(host, relay); });
    if (other != hosts->end()) others.emplace(domain, *other);
  }
  return others;
}

std::expected<std::vector<std::string>, std::string> DnsAnswers::addresses_of(const std::string& host) const {
  if (const auto known = addresses_.find(host); known != addresses_.end()) return known->second;
  const auto unknown = unknown_addresses_.find(host);
  return std::unexpected(unknown == unknown_addresses_.end() ? "the DNS was not asked" : unknown->second);
}

std::shared_ptr<const LocalHost> DnsAnswers::with_answers(std::shared_ptr<const LocalHost> host,
                                                          const OwnNames& own) const {
  return std::make_shared<HostWithMx>(std::move(host), own, best_mx_, unknown_mx_);
}

/// Whether this host is the only best MX of the domain; nullopt if the DNS does not answer. Looks up the addresses of
/// the best hosts, for one domain at a time.
std::optional<bool> DnsAnswers::is_best_mx(const std::string& domain, const MxAnswer& answer,
                                           const OwnNames& own) const {
  if (!answer) return std::nullopt;
  std::vector<std::string> hosts = best_hosts(domain, *answer);
  if (std::ranges::find(hosts, "") != hosts.end()) return false;  // the null MX (RFC 7505)
  std::erase_if(hosts, [&](const std::string& host) { return own.has_name(host); });
  if (hosts.empty()) return true;
  for (const auto& addresses : addresses_source_.look_up(hosts)) {
    if (!addresses) return std::nullopt;
    if (addresses->empty()) return false;
    const auto is_own = [&](const std::string& address) { return own.has_address(address); };
    if (!std::ranges::all_of(*addresses, is_own)) return false;
  }
  return true;
}

}  // namespace shorthop
