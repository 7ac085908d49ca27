#include "unit/tool/host_changes.h"

namespace shorthop::test {

using namespace tool;

Change parameter(const std::string& name, const std::string& value) {
  return [=](HostFacts& facts) { set_parameter(facts, name, value); };
}
Change services(const std::string& master_cf) {
  return [=](HostFacts& facts) { set_services(facts, master_cf); };
}
Change milters(const std::string& value) { return parameter("smtpd_milters", value); }
Change sendmail(const std::string& cf) {
  return [=](HostFacts& facts) { facts.sendmail_cf = cf; };
}
Change exchangers(MxAnswer answer) {
  return [=](HostFacts& facts) { facts.dns->exchangers["example.org"] = answer; };
}
Change exchangers_of_local_domain(MxAnswer answer) {
  return [=](HostFacts& facts) {
    facts.dns->exchangers["example.com"] = answer;
    facts.dns->addresses["mx.example.net"] = {"203.0.113.7"};
  };
}
Change alias_ends_in(LeafKind kind, const std::string& address) {
  return [=](HostFacts& facts) {
    facts.surveys.front().ends = {
        {kind, address, "", "info@example.org", "text:/var/lib/shorthop/example.org/aliases", 3}};
  };
}
void change_relay(HostFacts& facts, const std::function<void(Relay&)>& change) {
  auto snapshot = std::make_shared<Snapshot>(*facts.snapshot);
  auto relay = std::make_shared<Relay>(*snapshot->relay_by_domain["example.org"]);
  change(*relay);
  snapshot->relay_by_domain["example.org"] = relay;
  facts.snapshot = snapshot;
}
Change age(std::chrono::hours hours) {
  return [=](HostFacts& facts) { change_relay(facts, [&](Relay& relay) { relay.newest.time = facts.now - hours; }); };
}
void without_max_age(HostFacts& facts) {
  change_relay(facts, [](Relay& relay) { relay.max_age.reset(); });
}
Change differing(const std::string& primary, const std::string& here) {
  return [=](HostFacts& facts) { set_differences(facts, primary, here); };
}
Change diagnostic(Severity severity, ErrorClass error_class) {
  return [=](HostFacts& facts) { facts.problems = {{{"/etc/x", 7}, "it is wrong", "fix it", severity, error_class}}; };
}
Change of_postconf(Severity severity) {
  return [=](HostFacts& facts) {
    facts.problems = {{{relay_settings(facts).primary_postconf.value, 7}, "it is wrong", "do it again", severity}};
  };
}
void as_backup(HostFacts& facts) {
  facts.postfix->relays["example.org"] = false;
  set_parameter(facts, "smtpd_relay_restrictions", "permit_mynetworks permit_mx_backup reject_unauth_destination");
}
Change route(const std::string& transport, const std::string& hop) {
  return [=](HostFacts& facts) { facts.postfix->routes["example.org"] = {transport, {hop}, std::nullopt}; };
}

}  // namespace shorthop::test
