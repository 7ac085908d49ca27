// Changes to a healthy host for the tests of the doctor: each breaks one thing, or makes it unusual.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "unit/tool/healthy.h"

namespace shorthop::test {

using Change = std::function<void(tool::HostFacts&)>;

struct Broken {
  std::string title;
  std::string code;   ///< the code that must be found
  std::string place;  ///< its "file:line"; empty: not checked
  Change breaks;
  tool::HostFacts (*host)() = healthy_postfix_host;
};

const std::vector<Broken>& broken_hosts();
/// Unusual but correct hosts: the doctor reports notes only.
const std::vector<std::pair<std::string, Change>>& odd_hosts();

Change parameter(const std::string& name, const std::string& value);
Change services(const std::string& master_cf);
Change milters(const std::string& value);
Change sendmail(const std::string& cf);
/// MX records of the relay domain.
Change exchangers(MxAnswer answer);
/// MX records of the local domain that aliases lead to; mx.example.net is another host.
Change exchangers_of_local_domain(MxAnswer answer);
/// The alias in line 3 of aliases ends in this leaf.
Change alias_ends_in(LeafKind kind, const std::string& address);
/// Changes the loaded relay.
void change_relay(tool::HostFacts& facts, const std::function<void(Relay&)>& change);
/// The data of the relay has this age.
Change age(std::chrono::hours hours);
/// A relay without a limit for the age.
void without_max_age(tool::HostFacts& facts);
/// Gives the primary and this host these lines in main.cf.
Change differing(const std::string& primary, const std::string& here);
/// Loading found a problem in line 7 of /etc/x.
Change diagnostic(Severity severity, ErrorClass error_class);
/// Loading found a problem in line 7 of the primary's output of postconf.
Change of_postconf(Severity severity);
/// Makes example.org a domain that is relayed because of its MX records (permit_mx_backup).
void as_backup(tool::HostFacts& facts);
/// The route of this host for the relay domain.
Change route(const std::string& transport, const std::string& hop);

inline const std::string entry = "{ unix:shorthop/milter.sock, default_action=accept }";
inline const std::string aliases = "/var/lib/shorthop/example.org/aliases:3";
inline const std::string postconf = "/var/lib/shorthop/example.org/postconf-n";

}  // namespace shorthop::test
