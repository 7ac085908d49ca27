// Unusual but correct set-ups, for which the doctor must report notes only, one row for each.
#include "unit/tool/host_changes.h"

namespace shorthop::test {

using namespace tool;
using namespace std::chrono_literals;
using Kind = PathPart::Kind;

const std::vector<std::pair<std::string, Change>>& odd_hosts() {
  static const std::vector<std::pair<std::string, Change>> hosts = {
      {"the healthy host itself", [](HostFacts&) {}},
      {"shorthop alone", milters(entry)},
      {"with timeouts of its own",
       milters("{ unix:shorthop/milter.sock, connect_timeout=2s, { default_action = accept }, protocol=6 }")},
      {"milter_default_action = accept for all",
       [](HostFacts& f) {
         set_parameter(f, "milter_default_action", "accept");
         set_parameter(f, "smtpd_milters", "inet:a:1 unix:shorthop/milter.sock");
       }},
      {"Postfix 3.11 with the recommended entry",
       [](HostFacts& f) {
         f.postfix->facts.version = "3.11.1";
         f.postfix->facts.values["milter_default_action"] = "shutdown";
       }},
      {"shorthop behind smtpd_proxy_filter only",
       services("smtp inet n - y - - smtpd -o smtpd_proxy_filter=127.0.0.1:10025 -o smtpd_milters=\n"
                "127.0.0.1:10026 inet n - y - - smtpd -o smtpd_proxy_filter=\n")},
      {"milter_protocol 2", parameter("milter_protocol", "2")},
      {"milter_protocol 3", parameter("milter_protocol", "3, no_header_reply")},
      {"protocol=4 of the milter", milters("{ unix:shorthop/milter.sock, default_action=accept, protocol=4 }")},
      {"a domain relayed by permit_mx_backup", as_backup},
      {"a domain relayed by permit_mx_backup and the network of its primary",
       [](HostFacts& f) {
         as_backup(f);
         set_parameter(f, "permit_mx_backup_networks", "!192.0.2.99, 192.0.2.0/28");
       }},
      {"a domain relayed by permit_mx_backup and networks in a table",
       [](HostFacts& f) {
         as_backup(f);
         set_parameter(f, "permit_mx_backup_networks", "cidr:/etc/postfix/networks");
       }},
      {"shorthop as the only milter, and no setting about others",
       [](HostFacts& f) {
         f.settings->other_milters_edit.reset();
         set_parameter(f, "smtpd_milters", entry);
       }},
      {"another milter that edits recipients", [](HostFacts& f) { f.settings->other_milters_edit = true; }},
      {"a domain of this host with another best MX, but in arrives-here",
       [](HostFacts& f) {
         exchangers_of_local_domain(std::vector<MxRecord>{{5, "mx.example.net"}})(f);
         relay_settings(f).arrives_here = {"example.com"};
       }},
      {"a domain of this host without MX, at its address",
       [](HostFacts& f) {
         exchangers_of_local_domain(std::vector<MxRecord>())(f);
         f.dns->addresses["example.com"] = {"192.0.2.20"};
       }},
      {"a domain of this host for which the DNS does not answer",
       exchangers_of_local_domain(std::unexpected("the DNS does not answer"))},
      {"an MX host whose addresses are unknown",
       exchangers_of_local_domain(std::vector<MxRecord>{{5, "silent.example.net"}, {10, "mail.example.com"}})},
      {"max-age = none", [](HostFacts& f) { without_max_age(f); }},
      {"a primary that is an export of another system",
       [](HostFacts& f) {
         relay_settings(f).profile.value = Profile::flat;
         relay_settings(f).primary_postconf = {};
       }},
      {"an smtpd without chroot, and the absolute path",
       [](HostFacts& f) {
         set_services(f, "smtp inet n - n - - smtpd\n");
         set_parameter(f, "smtpd_milters", "{ unix:/var/spool/postfix/shorthop/milter.sock, default_action=accept }");
       }},
      {"postscreen, with the list in smtpd/pass",
       services("smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd -o { smtpd_milters = " + entry + " }\n")},
      {"no_milters behind a content filter only",
       services("smtp inet n - y - - smtpd\n127.0.0.1:10025 inet n - y - - smtpd -o smtpd_milters= -o "
                "receive_override_options=no_milters,no_address_mappings\n")},
      {"the primary reached through a smarthost that next-hops names",
       [](HostFacts& f) {
         relay_settings(f).next_hops.value = {"smarthost.example.net"};
         route("smtp", "smarthost.example.net")(f);
       }},
      {"the primary reached by transport_maps", route("relay", "mail.example.org")},
      {"the primary reached by its SMTP port", route("relay", "[mail.example.org]:25")},
      {"another port of the primary, which next-hops names",
       [](HostFacts& f) {
         relay_settings(f).next_hops.value = {"mail.example.org"};
         route("relay", "[mail.example.org]:2525")(f);
       }},
      {"an empty table of a mirror",
       [](HostFacts& f) {
         relay_settings(f).mirror.value = "/var/lib/shorthop/example.org";
         f.tables[0].entries = 0;
       }},
      {"the primary given by its address, the route by its name",
       [](HostFacts& f) {
         relay_settings(f).primary.value = "192.0.2.10";
         route("relay", "mail.example.org")(f);
       }},
      {"an inner primary that no MX names, reached by transport_maps",
       [](HostFacts& f) {
         relay_settings(f).primary.value = "inner.example.org";
         f.dns->addresses["inner.example.org"] = {"10.0.0.1"};
         route("relay", "inner.example.org")(f);
       }},
      {"reject_unverified_recipient instead of a table",
       [](HostFacts& f) {
         set_parameter(f, "relay_recipient_maps", "");
         set_parameter(f, "smtpd_recipient_restrictions", "permit_mynetworks, reject_unverified_recipient");
       }},
      {"a relay_domains that cannot be asked", [](HostFacts& f) { f.postfix->relays["example.org"] = std::nullopt; }},
      {"the same filter on both hosts", differing("smtpd_milters = inet:a:11332", "smtpd_milters = unix:rspamd.sock")},
      {"differences that do not harm", differing("relayhost = [a]\nsmtpd_tls_security_level = encrypt", "")},
      {"a filter of the primary that is accepted",
       [](HostFacts& f) {
         differing("content_filter = amavis:[127.0.0.1]:10024", "")(f);
         relay_settings(f).accepted_differences.value = {"content-filter", "tls"};
       }},
      {"a DNS that does not answer", exchangers(std::unexpected("the DNS does not answer"))},
      {"a DNS that does not answer for the primary",
       [](HostFacts& f) { f.dns->unknown_hosts = {{"mail.example.org", {false, "temporary failure"}}}; }},
      {"no DNS asked", [](HostFacts& f) { f.dns.reset(); }},
      {"this host by another name in the MX record",
       [](HostFacts& f) {
         f.dns->exchangers["example.org"] = std::vector<MxRecord>{{10, "mail.example.org"}, {20, "mx2.example.com"}};
         f.dns->addresses["mx2.example.com"] = {"192.0.2.20"};
       }},
      {"a socket that this user has no permission to see",
       [](HostFacts& f) {
         f.socket.pop_back();
         f.socket.back().kind = Kind::hidden;
         f.connection = Connection::not_tried;
       }},
      {"an alias for a foreign domain that looks like a local one, and exists",
       [](HostFacts& f) {
         alias_ends_in(LeafKind::foreign_target, "user@exmaple.com")(f);
         f.dns->exists["exmaple.com"] = true;
       }},
      {"an alias for a foreign domain that looks like a local one, and the DNS is silent",
       alias_ends_in(LeafKind::foreign_target, "user@exmaple.com")},
      {"an alias for a foreign address", alias_ends_in(LeafKind::foreign_target, "user@example.net")},
      {"an alias for a command", alias_ends_in(LeafKind::command_target, "|/usr/bin/list")},
      {"a client without milters",
       [](HostFacts& f) { f.postfix->milter_maps.lists = {{"cidr:/m", "192.0.2.9", "DISABLE"}}; }},
      {"a client's milters with shorthop as the last",
       [](HostFacts& f) { f.postfix->milter_maps.lists = {{"cidr:/m", "192.0.2.9", "inet:a:1, " + entry}}; }},
      {"mode observe", [](HostFacts& f) { relay_settings(f).mode = Mode::observe; }},
      {"mode observe, and mail that came back as predicted",
       [](HostFacts& f) {
         relay_settings(f).mode = Mode::observe;
         f.predictions = {{"example.org", 150, 1, 5, 5, 0, 100}};
       }},
      {"nothing to save",
       [](HostFacts& f) {
         f.surveys.front().rewritten = 0;
         f.surveys.front().mapped_here = {"a@example.org", "b@example.org"};
       }},
      {"a relay that was never pulled",
       [](HostFacts& f) { f.pulls = {{"example.org", {relay_file, 9}, std::nullopt}}; }},
      {"a relay domain without settings",
       [](HostFacts& f) { f.postfix->relay_domains.domains.push_back({"example.net", "relay_domains"}); }},
  };
  return hosts;
}

}  // namespace shorthop::test
