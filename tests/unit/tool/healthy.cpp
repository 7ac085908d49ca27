#include "unit/tool/healthy.h"

namespace shorthop::test {
namespace {

using namespace shorthop::tool;
using Kind = PathPart::Kind;

constexpr std::uint32_t postfix_uid = 101;
constexpr std::uint32_t shorthop_uid = 102;

class NoHost final : public LocalHost {
 public:
  std::expected<bool, LookupFailure> is_local_domain(std::string_view, Deadline) const override { return false; }
  std::expected<bool, LookupFailure> is_best_mx(std::string_view) const override { return true; }
  std::expected<bool, LookupFailure> has_mailbox(const Address&, Deadline) const override { return false; }
  std::expected<bool, LookupFailure> maps_to_another_address(const Address&, Deadline) const override { return false; }
  std::expected<bool, LookupFailure> copies(const Address&, Deadline) const override { return false; }
  std::optional<Leaf> merging_obstacle(const std::vector<Address>&, Deadline) const override { return std::nullopt; }
  std::optional<Leaf> alias_obstacle(const Address&, bool, Deadline) const override { return std::nullopt; }
};

RelaySettings example_org() {
  RelaySettings relay;
  relay.name = "example.org";
  relay.file = relay_file;
  relay.domains = {{"example.org"}, {relay_file, 1}};
  relay.primary = {"mail.example.org", {relay_file, 2}};
  relay.virtual_alias_maps.value = {{"text", "/var/lib/shorthop/example.org/virtual"}};
  relay.alias_maps.value = {{"text", "/var/lib/shorthop/example.org/aliases"}};
  relay.primary_postconf = {"/var/lib/shorthop/example.org/postconf-n", {relay_file, 5}};
  relay.max_age = std::chrono::hours(48);
  relay.has_max_age = true;
  relay.mode = Mode::rewrite;
  return relay;
}

HostFacts healthy_host() {
  HostFacts facts;
  facts.config = "/etc/shorthop/shorthop.conf";
  Settings settings;
  settings.file = facts.config;
  settings.socket = Endpoint::parse("unix:/var/spool/postfix/shorthop/milter.sock").value();
  settings.postfix_config = "/etc/postfix";
  settings.relay_transports = {"smtp", "relay"};
  settings.other_milters_edit = false;
  settings.relays = {example_org()};
  facts.settings = settings;
  facts.now = std::chrono::system_clock::now();
  auto relay = std::make_shared<Relay>();
  relay->name = "example.org";
  relay->max_age = std::chrono::hours(48);
  relay->newest = {facts.now - std::chrono::hours(1), "/var/lib/shorthop/example.org/aliases"};
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->relay_by_domain["example.org"] = relay;
  snapshot->host = std::make_shared<NoHost>();
  facts.snapshot = snapshot;
  facts.tables = {{"example.org", "text:/var/lib/shorthop/example.org/virtual", 5},
                  {"example.org", "text:/var/lib/shorthop/example.org/aliases", 7}};
  facts.surveys = {{"example.org", relay_file, 12, 4, {{"primary-mailbox", 8}}, {}, {}, {}, {}, {"example.com"}}};
  facts.copies = {{"/var/lib/shorthop/example.org/virtual", facts.now - std::chrono::hours(1)},
                  {"/var/lib/shorthop/example.org/aliases", facts.now + std::chrono::minutes(4)}};
  facts.local_domains = {"mail.example.com", "example.com"};
  facts.socket = {{"/", Kind::directory, 0755, 0, 0},
                  {"/var", Kind::directory, 0755, 0, 0},
                  {"/var/spool", Kind::directory, 0755, 0, 0},
                  {"/var/spool/postfix", Kind::directory, 0755, 0, 0},
                  {"/var/spool/postfix/shorthop", Kind::directory, 0750, shorthop_uid, postfix_uid},
                  {"/var/spool/postfix/shorthop/milter.sock", Kind::socket, 0660, shorthop_uid, postfix_uid}};
  facts.connection = Connection::accepted;
  facts.daemon_account = Account{"shorthop", shorthop_uid, {shorthop_uid, postfix_uid}};
  facts.data_files = {{{"/", Kind::directory, 0755, 0, 0},
                       {"/etc", Kind::directory, 0755, 0, 0},
                       {"/etc/shorthop", Kind::directory, 0755, 0, 0},
                       {facts.config, Kind::file, 0644, 0, 0}}};
  facts.state = {{"/", Kind::directory, 0755, 0, 0},
                 {"/var/lib/shorthop/state", Kind::directory, 0750, shorthop_uid, shorthop_uid}};
  facts.own = {{"mail.example.com"}, {"192.0.2.20"}};
  DnsFacts dns;
  dns.exchangers["example.org"] = std::vector<MxRecord>{{10, "mail.example.org"}, {20, "mail.example.com"}};
  dns.exchangers["example.com"] = std::vector<MxRecord>{{10, "mail.example.com"}, {20, "mx.example.net"}};
  dns.addresses = {{"mail.example.org", {"192.0.2.10"}}, {"mail.example.com", {"192.0.2.20"}}};
  facts.dns = dns;
  return facts;
}

}  // namespace

HostFacts healthy_postfix_host() {
  HostFacts facts = healthy_host();
  facts.postfix_account = Account{"postfix", postfix_uid, {postfix_uid}};
  PostfixHost postfix;
  postfix.facts.directory = "/etc/postfix";
  postfix.facts.version = "3.7.11";
  postfix.facts.values = {{"milter_default_action", "tempfail"},
                          {"milter_protocol", "6"},
                          {"milter_rcpt_macros", "i {rcpt_addr} {rcpt_host} {rcpt_mailer}"},
                          {"compatibility_level", "3.6"},
                          {"queue_directory", "/var/spool/postfix"},
                          {"relay_transport", "relay"},
                          {"smtpd_relay_restrictions", "permit_mynetworks defer_unauth_destination"}};
  postfix.main_cf_path = "/etc/postfix/main.cf";
  postfix.master_cf_path = "/etc/postfix/master.cf";
  postfix.relay_domains.domains = {{"example.org", "relay_domains"}};
  postfix.relays = {{"example.org", true}};
  postfix.routes = {{"example.org", {"relay", {}, std::nullopt}}};
  facts.postfix = std::move(postfix);
  set_services(facts, "smtp inet n - y - - smtpd\nsubmission inet n - y - - smtpd\n  -o smtpd_milters=inet:a:1\n");
  set_parameter(facts, "relay_domains", "example.org");
  set_parameter(facts, "relay_recipient_maps", "hash:/etc/postfix/relay_recipients");
  set_parameter(facts, "smtpd_milters", "inet:localhost:8891, { unix:shorthop/milter.sock, default_action=accept }");
  return facts;
}

HostFacts healthy_sendmail_host() {
  HostFacts facts = healthy_host();
  facts.settings->socket = Endpoint::parse("unix:/run/shorthop/milter.sock").value();
  facts.settings->postfix_config.clear();
  facts.socket = {{"/", Kind::directory, 0755, 0, 0},
                  {"/run", Kind::directory, 0755, 0, 0},
                  {"/run/shorthop", Kind::directory, 0750, shorthop_uid, shorthop_uid},
                  {"/run/shorthop/milter.sock", Kind::socket, 0660, shorthop_uid, shorthop_uid}};
  facts.sendmail_cf_path = "/etc/mail/sendmail.cf";
  facts.sendmail_cf =
      "# a comment\n"
      "O InputMailFilters=opendkim,shorthop\n"
      "Xopendkim, S=inet:8891@localhost\n"
      "Xshorthop, S=unix:/run/shorthop/milter.sock, T=S:10s;R:10s\n";
  return facts;
}

HostFacts host_without_mta() {
  HostFacts facts = healthy_host();
  facts.settings->postfix_config.clear();
  return facts;
}

PathPart& socket_part(HostFacts& facts) { return facts.socket.back(); }
RelaySettings& relay_settings(HostFacts& facts) { return facts.settings->relays.front(); }

void set_services(HostFacts& facts, std::string_view master_cf) {
  facts.postfix->master_cf = master_cf;
  facts.postfix->facts.services = parse_master_services(master_cf);
}

void set_parameter(HostFacts& facts, const std::string& name, const std::string& value) {
  facts.postfix->main_cf += name + " = " + value + "\n";
  facts.postfix->facts.values[name] = value;
}

void set_differences(HostFacts& facts, const std::string& primary, const std::string& here) {
  const SystemFiles files;
  const auto host = [&](const std::string& text) { return inbound_mail(parse_parameters(text), {}, files, "/nosuch"); };
  facts.differences = {{"example.org", differences(host(primary), host(here))}};
}

}  // namespace shorthop::test
