// Broken set-ups that the doctor must find, one row for each.
#include "unit/tool/host_changes.h"

namespace shorthop::test {

using namespace tool;
using namespace std::chrono_literals;
using Kind = PathPart::Kind;

const std::vector<Broken>& broken_hosts() {
  static const std::vector<Broken> hosts = {
      // Settings and tables
      {"a setting that cannot be read", "setting", "/etc/x:7", diagnostic(Severity::error, ErrorClass::settings)},
      {"a table line that cannot be read", "table", "/etc/x:7", diagnostic(Severity::error, ErrorClass::data)},
      {"a duplicate key", "table", "/etc/x:7", diagnostic(Severity::warning, ErrorClass::data)},
      {"a missing table", "file", "/etc/x:7", diagnostic(Severity::error, ErrorClass::missing)},
      {"a table of this host that is not read", "host-table", "nis:mail.aliases",
       [](HostFacts& f) {
         f.problems = {{{"nis:mail.aliases", 0}, "this host's local_recipient_maps: unsupported table type", "",
                        Severity::warning, ErrorClass::settings, Subject::tables_of_this_host}};
       }},
      {"a table that does not answer", "not-asked", "/etc/x:7", diagnostic(Severity::error, ErrorClass::temporary)},
      {"no relay file", "no-relay", "", [](HostFacts& f) { f.settings->relays.clear(); }},
      {"a relay file without .conf", "relay-file-ignored", "/etc/shorthop/relay.d/example.net",
       [](HostFacts& f) { f.ignored_files = {"/etc/shorthop/relay.d/example.net"}; }},
      {"a relay without tables", "no-tables", relay_file,
       [](HostFacts& f) {
         relay_settings(f).virtual_alias_maps.value.clear();
         relay_settings(f).alias_maps.value.clear();
       }},
      {"a live table that takes long", "slow-table", "mysql:/etc/postfix/x.cf",
       [](HostFacts& f) { f.live_tables = {{"example.org", "mysql:/etc/postfix/x.cf", 3000ms, {}}}; }},
      {"a live table that does not answer", "not-asked", "mysql:/etc/postfix/x.cf",
       [](HostFacts& f) { f.live_tables = {{"example.org", "mysql:/etc/postfix/x.cf", 5000ms, "it is down"}}; }},
      {"an empty table", "empty-table", "/var/lib/shorthop/example.org/virtual",
       [](HostFacts& f) { f.tables[0].entries = 0; }},
      {"a pull that failed", "pull-failed", relay_file + ":9",
       [](HostFacts& f) { f.pulls = {{"example.org", {relay_file, 9}, PullRecord{f.now, "no route to host"}}}; }},
      {"tables older than max-age", "stale-data", relay_file, age(std::chrono::hours(49))},
      {"a relay without a file of plausible time", "stale-data", relay_file,
       [](HostFacts& f) { change_relay(f, [](Relay& relay) { relay.newest = {}; }); }},
      {"data that has shrunk", "data-held-back", relay_file,
       [](HostFacts& f) {
         change_relay(f, [](Relay& relay) {
           relay.held_back = "the table has 50 entries, and had 120";
           relay.held_back_fix = "copy it again";
         });
       }},
      {"data that is being copied", "copy-incomplete", relay_file,
       [](HostFacts& f) {
         f.problems = {{{relay_file, 0}, "the files are not loaded: a copy is under way", "touch the stamp",
                        Severity::error, ErrorClass::temporary, Subject::incomplete_copy}};
         change_relay(f, [](Relay& relay) {
           relay.pending = "a copy is under way";
           relay.held_back = "no data is loaded: " + relay.pending;
         });
       }},
      {"a copy from the future", "data-in-future", "/var/lib/shorthop/example.org/aliases",
       [](HostFacts& f) { f.copies[1].changed = f.now + std::chrono::minutes(6); }},
      {"a Postfix primary whose settings are unknown", "no-primary-postconf", relay_file,
       [](HostFacts& f) { relay_settings(f).primary_postconf = {}; }},
      {"a primary-postconf that cannot be read", "primary-postconf", postconf + ":7", of_postconf(Severity::error)},
      {"a primary-postconf with a setting that is not followed", "primary-postconf", postconf + ":7",
       of_postconf(Severity::warning)},
      {"a table of the primary without a copy", "copies-differ", relay_file + ":4",
       [](HostFacts& f) {
         f.problems = {{{relay_settings(f).file, 4}, "the primary's list names a table that has no copy here",
                        "copy it", Severity::warning, ErrorClass::data}};
       }},
      {"a mirror that lacks a table", "mirror", "/var/lib/shorthop/example.org",
       [](HostFacts& f) {
         f.problems = {{{"/var/lib/shorthop/example.org", 0},
                        "the primary's canonical_maps names hash:/etc/postfix/canonical, which is not here",
                        "copy it",
                        Severity::warning,
                        ErrorClass::missing,
                        Subject::mirror}};
       }},
      {"aliases that may be in a table that is not here", "alias-not-mirrored", relay_file,
       [](HostFacts& f) {
         relay_settings(f).mirror.value = "/var/lib/shorthop/example.org";
         f.surveys.front().missing = {
             {"hash:/etc/postfix/canonical: it is not in the mirror", {"info@example.org", 1}}};
       }},
      {"a daemon that hangs", "daemon-silent", "/etc/shorthop/shorthop.conf",
       [](HostFacts& f) { f.silence_of_daemon = "the daemon does not answer"; }},
      {"a daemon whose control socket was removed", "control-socket-gone", "/etc/shorthop/shorthop.conf",
       [](HostFacts& f) { f.absence_of_daemon = "the daemon does not answer: no such file or directory"; }},
      {"a daemon that has older settings in force", "other-settings", "/etc/shorthop/shorthop.conf",
       [](HostFacts& f) { f.has_other_settings = true; }},
      {"a daemon that has older data in force", "other-generation", "/etc/shorthop/shorthop.conf",
       [](HostFacts& f) { f.other_data = {"example.org: shorthopd has the data of yesterday in force"}; }},
      {"mail that came back for somebody else", "prediction-refuted", relay_file,
       [](HostFacts& f) { f.predictions = {{"example.org", 200, 1, 0, 0, 1, 150}}; }},
      {"a key that nothing asks for", "key-never-asked", "/var/lib/shorthop/example.org/virtual:1",
       [](HostFacts& f) {
         f.surveys.front().unasked = {{"*@example.org", "text:/var/lib/shorthop/example.org/virtual", 1,
                                       "has a '*', which is not a wildcard here", "a catch-all is written @domain"}};
       }},
      {"a mirror with the settings of this host", "mirror-of-this-host", "",
       [](HostFacts& f) { f.differences = {{"example.org", {}, "mail.example.com"}}; }},
      {"a filter of the primary that this host lacks", "primary-difference", relay_file,
       differing("content_filter = amavis:[127.0.0.1]:10024", "")},
      {"settings that the daemon has no permission to read", "unreadable-for-daemon", "/etc/shorthop/shorthop.conf",
       [](HostFacts& f) { f.data_files[0].back().mode = 0600; }},
      {"a directory that the daemon has no permission to search", "unreadable-for-daemon", "/etc/shorthop/shorthop.conf",
       [](HostFacts& f) { f.data_files[0][2].mode = 0700; }},
      {"the directory of state is missing", "state-directory", "/etc/shorthop/shorthop.conf",
       [](HostFacts& f) { f.state.back().kind = Kind::missing; }},
      {"the daemon has no permission to write to the directory of state", "state-directory", "/etc/shorthop/shorthop.conf",
       [](HostFacts& f) { f.state.back().uid = 0; }},
      {"the disk of the directory of state is full", "state-directory", "/etc/shorthop/shorthop.conf",
       [](HostFacts& f) { f.state_failure = "/var/lib/shorthop/state/totals: no space left on device"; }},
      // The socket
      {"the daemon does not run", "socket-missing", "/var/spool/postfix/shorthop/milter.sock",
       [](HostFacts& f) {
         socket_part(f).kind = Kind::missing;
         f.connection = Connection::not_tried;
         f.absence_of_daemon = "the daemon does not answer: no such file or directory";
       }},
      {"a socket that no process listens at", "socket-dead", "",
       [](HostFacts& f) { f.connection = Connection::refused; }},
      {"a file in place of the socket", "socket-no-socket", "", [](HostFacts& f) { socket_part(f).kind = Kind::file; }},
      {"the directory of the socket is missing", "socket-directory-missing", "/var/spool/postfix/shorthop",
       [](HostFacts& f) {
         f.socket.pop_back();
         f.socket.back().kind = Kind::missing;
       }},
      {"a directory of the wrong group", "socket-directory", "/var/spool/postfix/shorthop",
       [](HostFacts& f) { f.socket[4].gid = 102; }},
      {"a directory without search permission above the directory of the socket", "socket-directory", "/var/spool",
       [](HostFacts& f) { f.socket[2].mode = 0700; }},
      {"a socket of the wrong group", "socket-mode", "", [](HostFacts& f) { socket_part(f).gid = 102; }},
      {"a socket without write permission", "socket-mode", "", [](HostFacts& f) { socket_part(f).mode = 0640; }},
      {"a socket for everybody", "socket-open", "", [](HostFacts& f) { socket_part(f).mode = 0666; }},
      {"an inet socket for everybody", "socket-open", "",
       [](HostFacts& f) {
         f.settings->socket = Endpoint::parse("inet:10027@0.0.0.0").value();
         f.socket.clear();
         set_parameter(f, "smtpd_milters", "{ inet:127.0.0.1:10027, default_action=accept }");
       }},
      {"an inet socket that no process listens at", "socket-dead", "",
       [](HostFacts& f) {
         f.settings->socket = Endpoint::parse("inet:10027@127.0.0.1").value();
         f.socket.clear();
         f.connection = Connection::refused;
         set_parameter(f, "smtpd_milters", "{ inet:127.0.0.1:10027, default_action=accept }");
       }},
      {"a socket outside of the chroot", "socket-chroot", "/etc/postfix/master.cf:1",
       [](HostFacts& f) {
         f.settings->socket = Endpoint::parse("unix:/run/shorthop/milter.sock").value();
         f.socket = healthy_sendmail_host().socket;
         f.socket[2].gid = f.socket[3].gid = 101;
         set_parameter(f, "smtpd_milters", "{ unix:/run/shorthop/milter.sock, default_action=accept }");
       }},
      {"an absolute path in the chroot", "socket-chroot", "/etc/postfix/master.cf:1",
       milters("{ unix:/var/spool/postfix/shorthop/milter.sock, default_action=accept }")},
      // How Postfix uses the milter
      {"a Postfix that cannot be asked", "mta-not-asked", "",
       [](HostFacts& f) {
         f.postfix.reset();
         f.postfix_failure = "postconf ended with status 1";
       }},
      {"no milter", "milter-missing", "/etc/postfix/main.cf:4", milters("")},
      {"another milter only", "milter-missing", "", milters("inet:localhost:8891")},
      {"the milter of another socket", "milter-missing", "",
       milters("{ unix:shorthop/old.sock, default_action=accept }")},
      {"a milter after shorthop", "milter-not-last", "", milters(entry + ", inet:localhost:8891")},
      {"a list without a closing brace", "milter-list-syntax", "/etc/postfix/main.cf:4",
       milters("{ unix:shorthop/milter.sock, default_action=accept")},
      {"shorthop twice", "milter-twice", "", milters(entry + " " + entry)},
      {"shorthop before a content filter and after it", "milter-twice", "/etc/postfix/master.cf:2",
       services("smtp inet n - y - - smtpd -o content_filter=smtp:[127.0.0.1]:10024\n"
                "127.0.0.1:10025 inet n - y - - smtpd -o content_filter=\n")},
      {"shorthop without default_action of its own, so tempfail", "milter-default-action", "",
       milters("unix:shorthop/milter.sock")},
      {"shorthop with default_action=tempfail", "milter-default-action", "",
       milters("{ unix:shorthop/milter.sock, default_action=tempfail }")},
      {"milter_default_action = shutdown of Postfix 3.11", "milter-default-action", "/etc/postfix/main.cf:4",
       [](HostFacts& f) {
         f.postfix->facts.version = "3.11.0";
         set_parameter(f, "milter_default_action", "shutdown");
         set_parameter(f, "smtpd_milters", "unix:shorthop/milter.sock");
       }},
      {"braces before Postfix 3.0", "milter-old-postfix", "",
       [](HostFacts& f) { f.postfix->facts.version = "2.11.3"; }},
      {"a milter_protocol that Postfix does not know", "milter-protocol-unknown", "/etc/postfix/main.cf:4",
       parameter("milter_protocol", "5")},
      {"two versions in milter_protocol", "milter-protocol-unknown", "", parameter("milter_protocol", "2, 6")},
      {"a protocol of the milter that is not a number", "milter-protocol-unknown", "",
       milters("{ unix:shorthop/milter.sock, default_action=accept, protocol=new }")},
      {"another milter that no setting mentions", "other-milters", "/etc/shorthop/shorthop.conf",
       [](HostFacts& f) { f.settings->other_milters_edit.reset(); }},
      {"another milter in the list of submission", "other-milters", "",
       [](HostFacts& f) {
         f.settings->other_milters_edit.reset();
         set_parameter(f, "smtpd_milters", entry);
         set_services(f,
                      "smtp inet n - y - - smtpd\nsubmission inet n - y - - smtpd\n  -o { smtpd_milters = inet:a:1, " +
                          entry + " }\n");
       }},
      {"another milter in the list of a client", "other-milters", "",
       [](HostFacts& f) {
         f.settings->other_milters_edit.reset();
         set_parameter(f, "smtpd_milters", entry);
         f.postfix->milter_maps.lists = {{"cidr:/m", "192.0.2.0/24", "inet:a:1, " + entry}};
       }},
      {"milter_rcpt_macros without {rcpt_mailer}", "milter-macros", "/etc/postfix/main.cf:4",
       parameter("milter_rcpt_macros", "i")},
      {"smtp/inet with milters of its own", "milter-missing", "/etc/postfix/master.cf:1",
       services("smtp inet n - y - - smtpd\n  -o smtpd_milters=inet:a:1\n")},
      {"smtp/inet without milters", "milter-missing", "/etc/postfix/master.cf:2",
       services("# comment\nsmtp inet n - y - - smtpd -o smtpd_milters=\n")},
      {"shorthop before another in submission/inet", "milter-not-last", "/etc/postfix/master.cf:2",
       services("smtp inet n - y - - smtpd\nsubmission inet n - y - - smtpd\n  -o { smtpd_milters = " + entry +
                ", inet:a:1 }\n")},
      {"a client's milters without shorthop", "milter-maps", "cidr:/m",
       [](HostFacts& f) { f.postfix->milter_maps.lists = {{"cidr:/m", "192.0.2.0/24", "inet:a:1"}}; }},
      {"milters of clients that cannot be read", "milter-maps", "",
       [](HostFacts& f) { f.postfix->milter_maps.unlisted = {"pcre:/m"}; }},
      {"shorthop before smtpd_proxy_filter and behind it", "milter-twice", "/etc/postfix/master.cf:1",
       services("smtp inet n - y - - smtpd -o smtpd_proxy_filter=127.0.0.1:10025\n"
                "127.0.0.1:10026 inet n - y - - smtpd -o smtpd_proxy_filter=\n")},
      {"shorthop behind smtpd_proxy_filter, without default_action=accept", "milter-default-action", "",
       [](HostFacts& f) {
         set_services(f, "smtp inet n - y - - smtpd -o smtpd_proxy_filter=127.0.0.1:10025 -o smtpd_milters=\n"
                         "127.0.0.1:10026 inet n - y - - smtpd -o smtpd_proxy_filter=\n");
         set_parameter(f, "smtpd_milters", "unix:shorthop/milter.sock");
       }},
      {"smtpd_proxy_filter", "proxy-filter", "/etc/postfix/main.cf:4",
       parameter("smtpd_proxy_filter", "inet:127.0.0.1:1")},
      {"-o smtpd_proxy_filter", "proxy-filter", "/etc/postfix/master.cf:1",
       services("smtp inet n - y - - smtpd -o smtpd_proxy_filter=127.0.0.1:1\n")},
      {"no_milters", "no-milters", "/etc/postfix/main.cf:4", parameter("receive_override_options", "no_milters")},
      {"-o no_milters", "no-milters", "/etc/postfix/master.cf:1",
       services("smtp inet n - y - - smtpd\n -o receive_override_options=no_milters,no_header_body_checks\n")},
      {"no_address_mappings", "no-address-mappings", "",
       parameter("receive_override_options", "no_unknown_recipient_checks, no_address_mappings")},
      // Other features of Postfix that affect the recipients
      {"recipient_bcc_maps of a mailbox", "bcc-kept", aliases,
       [](HostFacts& f) {
         alias_ends_in(LeafKind::copied_elsewhere, "user@example.com")(f);
         f.surveys.front().ends.front().detail = "recipient_bcc_maps of this host sends copies";
       }},
      {"a mailbox whose table cannot be asked", "alias-not-proven", aliases,
       [](HostFacts& f) {
         alias_ends_in(LeafKind::lookup_failed, "user@example.com")(f);
         f.surveys.front().ends.front().detail = "ldap:/etc/postfix/users: no server";
       }},
      {"a domain that is not relayed", "not-relayed", relay_file + ":1",
       [](HostFacts& f) { f.postfix->relays["example.org"] = false; }},
      {"permit_mx_backup where relay_restrictions refuse first", "not-relayed", relay_file + ":1",
       [](HostFacts& f) {
         f.postfix->relays["example.org"] = false;
         set_parameter(f, "smtpd_recipient_restrictions", "permit_mx_backup, reject");
       }},
      {"permit_mx_backup behind the refusal", "not-relayed", relay_file + ":1",
       [](HostFacts& f) {
         f.postfix->relays["example.org"] = false;
         set_parameter(f, "smtpd_relay_restrictions", "reject_unauth_destination permit_mx_backup");
       }},
      {"permit_mx_backup of other networks than the primary's", "not-relayed", relay_file + ":1",
       [](HostFacts& f) {
         as_backup(f);
         set_parameter(f, "permit_mx_backup_networks", "198.51.100.0/24, [2001:db8::]/32");
       }},
      {"no list of the primary's recipients", "no-relay-recipients", "/etc/postfix/main.cf:4",
       parameter("relay_recipient_maps", "")},
      {"a route to another host", "route-elsewhere", relay_file + ":1", route("relay", "smarthost.example.net")},
      {"a route to another port of the primary", "route-elsewhere", relay_file + ":1",
       route("relay", "[mail.example.org]:2525")},
      {"a route that does not relay", "route-not-relay", relay_file + ":1", route("lmtp", "unix")},
      {"a transport table that does not answer", "mta-not-asked", "",
       [](HostFacts& f) { f.postfix->not_asked = {"transport_maps: ldap is down"}; }},
      // Sendmail
      {"Sendmail without the filter", "sendmail-milter-missing", "/etc/mail/sendmail.cf",
       sendmail("Xopendkim, S=inet:8891@localhost\n"), healthy_sendmail_host},
      {"Sendmail with the filter defined, and not used", "sendmail-milter-missing", "/etc/mail/sendmail.cf:1",
       sendmail("O InputMailFilters=opendkim\nXshorthop, S=local:/run/shorthop/milter.sock\n"), healthy_sendmail_host},
      {"Sendmail with a filter after shorthop", "sendmail-milter-not-last", "/etc/mail/sendmail.cf:1",
       sendmail("O InputMailFilters=shorthop, opendkim\nXshorthop, S=unix:/run/shorthop/milter.sock\n"),
       healthy_sendmail_host},
      {"Sendmail with another filter, about which nothing is decided", "other-milters", "/etc/shorthop/shorthop.conf",
       [](HostFacts& f) { f.settings->other_milters_edit.reset(); }, healthy_sendmail_host},
      {"Sendmail with rules of its own for recipients", "sendmail-own-rules", "/etc/mail/sendmail.cf:4",
       sendmail("O InputMailFilters=shorthop\nXshorthop, S=unix:/run/shorthop/milter.sock\n"
                "SLocal_check_rcpt\nR$* closed @ $*\t$#error $@ 5.2.1 $: \"550 closed\"\n"),
       healthy_sendmail_host},
      {"Sendmail with F=T", "sendmail-milter-flags", "/etc/mail/sendmail.cf:2",
       sendmail("O InputMailFilters=shorthop\nXshorthop, S=unix:/run/shorthop/milter.sock, F=T, T=R:5s\n"),
       healthy_sendmail_host},
      // The DNS
      {"no MX record", "mx-missing", relay_file + ":1", exchangers(std::vector<MxRecord>())},
      {"this host is not an MX", "mx-not-listed", relay_file + ":1",
       exchangers(std::vector<MxRecord>{{10, "mail.example.org"}})},
      {"this host is not an MX, and the primary's preference is 50", "mx-not-listed", relay_file + ":1",
       exchangers(std::vector<MxRecord>{{50, "mail.example.org"}})},
      {"a domain that takes no mail", "mx-not-listed", relay_file + ":1", exchangers(std::vector<MxRecord>{{0, ""}})},
      {"this host is the best MX", "mx-no-primary", relay_file + ":1",
       exchangers(std::vector<MxRecord>{{5, "mail.example.com"}, {10, "mail.example.org"}})},
      {"this host and the primary are equal", "mx-no-primary", "",
       exchangers(std::vector<MxRecord>{{10, "mail.example.com"}, {10, "mail.example.org"}})},
      {"a primary that does not exist", "primary-unknown", relay_file + ":2",
       [](HostFacts& f) {
         f.dns->unknown_hosts = {{"mail.example.org", {true, "the DNS has no address for it"}}};
         f.problems = {{{relay_file, 2}, "the addresses of the primary are not known", "", Severity::warning,
                        ErrorClass::temporary, Subject::address_of_primary}};
       }},
      {"a primary that is this host", "primary-is-here", relay_file + ":2",
       [](HostFacts& f) { relay_settings(f).primary.value = "192.0.2.20"; }},
      {"a primary at a loopback address", "primary-is-here", relay_file + ":2",
       [](HostFacts& f) { relay_settings(f).primary.value = "127.0.0.1"; }},
      {"a primary whose name leads to a loopback address", "primary-is-here", "",
       [](HostFacts& f) { f.dns->addresses["mail.example.org"] = {"::1"}; }},
      {"a primary whose name is this host's", "primary-is-here", "",
       [](HostFacts& f) { f.dns->addresses["mail.example.org"] = {"192.0.2.20"}; }},
      {"a domain of this host whose best MX is another host", "mx-elsewhere", relay_file,
       exchangers_of_local_domain(std::vector<MxRecord>{{5, "mx.example.net"}, {10, "mail.example.com"}})},
      {"a domain of this host with two best MX hosts", "mx-elsewhere", "",
       exchangers_of_local_domain(std::vector<MxRecord>{{10, "mail.example.com"}, {10, "mx.example.net"}})},
      {"a domain of this host that takes no mail", "mx-elsewhere", "", exchangers_of_local_domain(std::vector<MxRecord>{{0, ""}})},
      {"a domain of this host without MX, at another address", "mx-elsewhere", "",
       [](HostFacts& f) {
         exchangers_of_local_domain(std::vector<MxRecord>())(f);
         f.dns->addresses["example.com"] = {"203.0.113.1"};
       }},
      // Aliases
      {"an alias for an unknown user here", "alias-local-unknown", aliases,
       alias_ends_in(LeafKind::local_unknown, "nobody@example.com")},
      {"an alias for an address in a mistyped domain", "alias-typo", aliases,
       [](HostFacts& f) {
         alias_ends_in(LeafKind::foreign_target, "user@exmaple.com")(f);
         f.dns->exists["exmaple.com"] = false;
       }},
      {"aliases in a circle", "alias-loop", aliases, alias_ends_in(LeafKind::loop, "info@example.org")},
      {"an alias for a recipient unknown to the primary", "alias-dangling", aliases,
       alias_ends_in(LeafKind::unknown_recipient, "gone@example.org")},
  };
  return hosts;
}

}  // namespace shorthop::test
