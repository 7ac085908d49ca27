// DNS queries for shorthop check: MX records of the relay domains, addresses of primaries and MX hosts, and whether a
// domain that looks mistyped exists.
#include <algorithm>
#include <set>

#include "mail/host.h"
#include "system/deadline.h"
#include "system/dns.h"
#include "text/ascii.h"
#include "text/nearest.h"
#include "tool/doctor/gather/gather.h"

namespace shorthop::tool {
namespace {

class DnsQuestions {
 public:
  explicit DnsQuestions(std::chrono::seconds limit) : deadline_(std::chrono::steady_clock::now() + limit) {}

  void ask_exchangers(const std::set<std::string>& domains) {
    const SystemMxLookup exchangers({time_left(deadline_), {}});
    const std::vector<std::string> names(domains.begin(), domains.end());
    auto answers = exchangers.look_up(names);
    for (std::size_t i = 0; i < names.size(); ++i) facts_.exchangers[names[i]] = std::move(answers[i]);
  }

  void ask_addresses(const std::set<std::string>& hosts) {
    const SystemHostAddresses addresses({std::min(time_left(deadline_), std::chrono::milliseconds(5000)), {}});
    const std::vector<std::string> names(hosts.begin(), hosts.end());
    const auto answers = addresses.look_up(names);
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!answers[i]) {
        facts_.unknown_hosts.emplace(names[i], HostSilence{false, answers[i].error()});
      } else if (answers[i]->empty()) {
        facts_.unknown_hosts.emplace(names[i], HostSilence{true, std::string(no_addresses)});
      } else {
        facts_.addresses[names[i]] = *answers[i];
      }
    }
  }

  /// A domain without MX records exists too if its name has an address.
  void ask_existence(const std::set<std::string>& domains) {
    if (domains.empty()) return;
    ask_exchangers(domains);
    ask_addresses(domains);
    for (const std::string& domain : domains) {
      const MxAnswer& answer = facts_.exchangers[domain];
      const auto silent = facts_.unknown_hosts.find(domain);
      if ((answer && !answer->empty()) || facts_.addresses.contains(domain)) {
        facts_.exists[domain] = true;
      } else if (answer && silent != facts_.unknown_hosts.end() && silent->second.is_certain) {
        facts_.exists[domain] = false;
      }
    }
  }

  DnsFacts take() && { return std::move(facts_); }
  const DnsFacts& facts() const { return facts_; }

 private:
  Deadline deadline_;
  DnsFacts facts_;
};

std::set<std::string> suspicious_domains(const HostFacts& facts, const std::set<std::string>& relay_domains) {
  std::vector<std::string> known = facts.local_domains;
  known.insert(known.end(), relay_domains.begin(), relay_domains.end());
  std::set<std::string> domains;
  for (const SurveyFacts& survey : facts.surveys) {
    for (const SurveyedEnd& end : survey.ends) {
      if (end.kind != LeafKind::foreign_target) continue;
      const std::string domain = folded(end.address.substr(end.address.rfind('@') + 1));
      if (!similar_domain(domain, known).empty()) domains.insert(domain);
    }
  }
  return domains;
}

}  // namespace

void gather_dns(HostFacts& facts, std::chrono::seconds limit) {
  std::set<std::string> domains;
  std::set<std::string> hosts;
  for (const RelaySettings& relay : facts.settings->relays) {
    domains.insert(relay.domains.value.begin(), relay.domains.value.end());
    hosts.insert(host_key(relay.primary.value));
  }
  for (const SurveyFacts& survey : facts.surveys)
    domains.insert(survey.domains_here.begin(), survey.domains_here.end());
  DnsQuestions questions(limit);
  questions.ask_exchangers(domains);
  for (const auto& [domain, answer] : questions.facts().exchangers) {
    if (!answer) continue;
    if (answer->empty()) hosts.insert(domain);
    for (const MxRecord& one : *answer) {
      if (!one.host.empty()) hosts.insert(one.host);
    }
  }
  questions.ask_addresses(hosts);
  questions.ask_existence(suspicious_domains(facts, domains));
  facts.dns = std::move(questions).take();
}

}  // namespace shorthop::tool
