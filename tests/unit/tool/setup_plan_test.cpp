// The changes planned by shorthop setup: facts about hosts in, plans out.
#include "tool/setup/setup_plan.h"
#include "support/catch.h"
#include "tool/setup/relay_file.h"

using namespace shorthop;
using namespace shorthop::tool;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr std::string_view entry = "{ unix:shorthop/milter.sock, default_action=accept }";

/// A secondary of example.org with Debian's Postfix 3.7; `main_cf` has its smtpd_milters.
SetupFacts host(const std::string& main_cf = "", const std::string& expanded = "") {
  SetupFacts facts;
  facts.settings.file = "/etc/shorthop/shorthop.conf";
  facts.settings.socket = Endpoint::parse("unix:/var/spool/postfix/shorthop/milter.sock").value();
  facts.settings.postfix_config = "/etc/postfix";
  facts.relay_directory = "/etc/shorthop/relay.d";
  facts.postfix.directory = "/etc/postfix";
  facts.postfix.version = "3.7.11";
  facts.postfix.values = {{"queue_directory", "/var/spool/postfix"},
                          {"smtpd_milters", expanded},
                          {"milter_default_action", "tempfail"},
                          {"compatibility_level", "3.6"}};
  facts.postfix.services = parse_master_services("smtp inet n - y - - smtpd\n");
  facts.main_cf_path = "/etc/postfix/main.cf";
  facts.main_cf = main_cf;
  facts.relay_domains.domains = {{"example.org", "relay_domains"}};
  facts.primaries.emplace("example.org", PrimaryFound{"mail.example.org", {}, "the MX records of example.org"});
  return facts;
}

std::string all(const SetupPlan& plan) {
  std::string text;
  for (const std::string& remark : plan.remarks) text += "note: " + remark + "\n";
  for (const Obstacle& one : plan.obstacles) text += "obstacle: " + one.what + " (" + one.fix + ")\n";
  return text;
}

SetupFacts with_relay_file(SetupFacts facts, const std::vector<std::string>& domains) {
  RelaySettings relay;
  relay.file = "/etc/shorthop/relay.d/mine.conf";
  relay.domains.value = domains;
  facts.settings.relays.push_back(relay);
  facts.present_files.push_back("mine.conf");
  return facts;
}

}  // namespace

TEST_CASE("a plain secondary gets a file for its relay domain and the milter as a line of main.cf", "[tool][setup]") {
  const SetupPlan plan = plan_setup(host("mydomain = example.com\n"));
  CHECK(all(plan).empty());
  REQUIRE(plan.files.size() == 1);
  CHECK(plan.files[0].path == "/etc/shorthop/relay.d/example.org.conf");
  CHECK_THAT(plan.files[0].text, ContainsSubstring("\ndomains   = example.org\n") &&
                                     ContainsSubstring("\nprimary   = mail.example.org\n") &&
                                     ContainsSubstring("\nmode      = observe\n"));
  REQUIRE(plan.main_cf);
  CHECK(plan.main_cf->after == "mydomain = example.com\nsmtpd_milters = " + std::string(entry) + "\n");
}

TEST_CASE("a new relay file names a mirror, and comes with the command that fills it", "[tool][setup]") {
  const NewFile file = plan_setup(host()).files.at(0);
  CHECK_THAT(file.text, ContainsSubstring("\nmirror    = /var/lib/shorthop/example.org\n") &&
                            ContainsSubstring("\nmax-age   = 48h\n"));
  CHECK_THAT(file.next, ContainsSubstring("\n    shorthop pair mail.example.org example.org\n"));
  CHECK_THAT(file.next, ContainsSubstring("\n    mkdir -p /var/lib/shorthop/example.org\n"
                                          "    shorthop-mirror root@mail.example.org /var/lib/shorthop/example.org\n"));
}

TEST_CASE("a route to a port other than the SMTP port makes setup ask", "[tool][setup]") {
  CHECK(plan_setup(host()).questions.empty());
  SetupFacts facts = host();
  facts.primaries.at("example.org")->other_port = "[mail.example.org]:2525";
  const SetupPlan plan = plan_setup(facts);
  REQUIRE(plan.files.size() == 1);
  REQUIRE(plan.questions.size() == 1);
  CHECK_THAT(plan.questions[0].what, ContainsSubstring("mail for example.org goes to [mail.example.org]:2525"));
  CHECK_THAT(plan.questions[0].answer,
             ContainsSubstring("next-hops = mail.example.org in /etc/shorthop/relay.d/example.org.conf"));
}

TEST_CASE("a relay file is recognised while only mode and max-age are changed", "[tool][setup]") {
  const std::string text = plan_setup(host()).files.at(0).text;
  CHECK(is_unchanged_relay_file(text));
  std::string switched_on = text;
  switched_on.replace(switched_on.find("= observe"), 9, "= rewrite");
  CHECK(is_unchanged_relay_file(switched_on));
  CHECK(is_unchanged_relay_file(text + "max-age = 5s\n"));
  CHECK_FALSE(is_unchanged_relay_file(text + "# mine\n"));
  CHECK_FALSE(is_unchanged_relay_file("domains = example.org\n"));
}

TEST_CASE("a domain in a relay file gets no second file, and an existing file is never overwritten", "[tool][setup]") {
  const SetupPlan named = plan_setup(with_relay_file(host(), {"example.net", "example.org"}));
  CHECK(named.files.empty());
  CHECK_THAT(all(named), ContainsSubstring("note: example.org is in /etc/shorthop/relay.d/mine.conf already"));
  SetupFacts other = with_relay_file(host(), {"example.net"});
  other.present_files.push_back("example.org.conf");
  const SetupPlan conflict = plan_setup(other);
  CHECK(conflict.files.empty());
  CHECK_THAT(all(conflict), ContainsSubstring("example.org.conf exists, but example.org is not among its domains"));
}

TEST_CASE("the U-label and the A-label of one domain in relay_domains give one relay file, with an ASCII name",
          "[tool][setup]") {
  SetupFacts facts = host();
  facts.primaries.clear();
  facts.relay_domains.domains.clear();
  for (const std::string domain : {"b\u00fccher.example", "xn--bcher-kva.example"}) {
    facts.relay_domains.domains.push_back({domain, "relay_domains"});
    facts.primaries.emplace(domain, PrimaryFound{"mail.example.org", {}, "relayhost"});
  }
  const SetupPlan plan = plan_setup(facts);
  REQUIRE(plan.files.size() == 1);
  CHECK(plan.files[0].path == "/etc/shorthop/relay.d/xn--bcher-kva.example.conf");
  CHECK_THAT(plan.files[0].text, ContainsSubstring("\ndomains   = xn--bcher-kva.example\n"));
  CHECK_THAT(plan.files[0].next, ContainsSubstring("\n    mkdir -p /var/lib/shorthop/xn--bcher-kva.example\n"));
  CHECK(plan_setup(with_relay_file(facts, {"xn--bcher-kva.example"})).files.empty());
}

TEST_CASE("an unknown primary is reported, not guessed; the milter is set up all the same", "[tool][setup]") {
  SetupFacts facts = host();
  facts.primaries.clear();
  facts.primaries.emplace("example.org", std::unexpected("the DNS does not answer"));
  facts.relay_domains.not_named = {"relay_domains: the domains of regexp:/x are not known"};
  const SetupPlan plan = plan_setup(facts);
  CHECK(plan.files.empty());
  CHECK(plan.main_cf.has_value());
  CHECK_THAT(all(plan), ContainsSubstring("the primary of example.org is not known: the DNS does not answer") &&
                            ContainsSubstring("obstacle: relay_domains: the domains of regexp:/x are not known"));
}

TEST_CASE("shorthop is added after all other milters, whatever the form of the list", "[tool][setup]") {
  const std::string list = "smtpd_milters = { inet:localhost:8891, default_action=tempfail },\n  $spam\nx = y\n";
  const SetupPlan plan = plan_setup(host(list, "{ inet:localhost:8891, default_action=tempfail }, unix:spam"));
  REQUIRE(plan.main_cf);
  CHECK(plan.main_cf->after == "smtpd_milters = { inet:localhost:8891, default_action=tempfail },\n  $spam, " +
                                   std::string(entry) + "\nx = y\n");
  CHECK(difference(plan.main_cf->before, plan.main_cf->after) ==
        "  -   $spam\n  +   $spam, " + std::string(entry) + "\n");
}

TEST_CASE("a correct set-up is left alone", "[tool][setup]") {
  for (const std::string& value :
       {std::string(entry), "inet:a:1 " + std::string(entry),
        std::string("{ unix:shorthop/milter.sock, connect_timeout=5s, default_action=accept }")}) {
    const SetupPlan plan = plan_setup(host("smtpd_milters = " + value + "\n", value));
    CHECK_FALSE(plan.main_cf);
    CHECK_THAT(all(plan), ContainsSubstring("already"));
  }
  SetupFacts global = host("smtpd_milters = unix:shorthop/milter.sock\n", "unix:shorthop/milter.sock");
  global.postfix.values["milter_default_action"] = "accept";
  CHECK_FALSE(plan_setup(global).main_cf);
}

TEST_CASE("shorthop before another milter, or with another default_action, is fixed", "[tool][setup]") {
  for (const std::string value : {"unix:shorthop/milter.sock, inet:a:1", "inet:a:1, unix:shorthop/milter.sock",
                                  "{ unix:shorthop/milter.sock, default_action=tempfail } inet:a:1"}) {
    const SetupPlan plan = plan_setup(host("smtpd_milters = " + value + "\n", value));
    REQUIRE(plan.main_cf);
    CHECK(plan.main_cf->after == "smtpd_milters = inet:a:1, " + std::string(entry) + "\n");
  }
}

TEST_CASE("setup fixes faults that check reports as errors: a path that the chroot hides, an unknown protocol",
          "[tool][setup]") {
  for (const std::string value : {"{ unix:/var/spool/postfix/shorthop/milter.sock, default_action=accept }",
                                  "{ unix:shorthop/milter.sock, default_action=accept, protocol=5 }"}) {
    const SetupPlan plan = plan_setup(host("smtpd_milters = " + value + "\n", value));
    CAPTURE(value, all(plan));
    REQUIRE(plan.main_cf);
    CHECK(plan.main_cf->after == "smtpd_milters = " + std::string(entry) + "\n");
    CHECK(plan.obstacles.empty());
  }
  SetupFacts open = host("", "{ unix:/var/spool/postfix/shorthop/milter.sock, default_action=accept }");
  open.postfix.services = parse_master_services("smtp inet n - n - - smtpd\n");
  CHECK_THAT(all(plan_setup(open)), ContainsSubstring("already"));
}

TEST_CASE("what setup cannot change is reported as an obstacle", "[tool][setup]") {
  SetupFacts unknown = host("smtpd_milters = " + std::string(entry) + "\n", std::string(entry));
  unknown.postfix.values["milter_protocol"] = "5";
  const SetupPlan plan = plan_setup(unknown);
  CHECK_FALSE(plan.main_cf);
  REQUIRE(plan.obstacles.size() == 1);
  CHECK_THAT(plan.obstacles[0].what, ContainsSubstring("milter protocol 5"));
  const std::string open(entry.substr(0, entry.size() - 2));
  const SetupPlan of_open = plan_setup(host("smtpd_milters = " + open + "\n", open));
  CHECK_FALSE(of_open.main_cf);
  REQUIRE(of_open.obstacles.size() == 1);
  CHECK_THAT(of_open.obstacles[0].what, ContainsSubstring("smtpd_milters has no '}' that ends { unix:"));
  SetupFacts own = host();
  own.postfix.services = parse_master_services(
      "smtp inet n - y - - smtpd\n -o smtpd_milters=inet:a:1\n"
      "submission inet n - y - - smtpd\n -o smtpd_milters=inet:a:1\n");
  const SetupPlan of_own = plan_setup(own);
  REQUIRE(of_own.obstacles.size() == 1);
  CHECK_THAT(of_own.obstacles[0].what, ContainsSubstring("smtp/inet has its own list in master.cf"));
  own.postfix.services = parse_master_services("smtp inet n - y - - smtpd\n -o { smtpd_milters = inet:a:1, " +
                                               std::string(entry) + " }\n");
  CHECK(plan_setup(own).obstacles.empty());
}

TEST_CASE("setup asks about other milters, and names them with the line to write", "[tool][setup]") {
  CHECK(plan_setup(host()).questions.empty());
  SetupFacts facts = host("smtpd_milters = inet:localhost:8891\n", "inet:localhost:8891");
  const SetupPlan plan = plan_setup(facts);
  REQUIRE(plan.questions.size() == 1);
  CHECK_THAT(plan.questions[0].what, ContainsSubstring("inet:localhost:8891"));
  CHECK_THAT(plan.questions[0].answer, ContainsSubstring("other-milters-edit-recipients = no") &&
                                           ContainsSubstring("/etc/shorthop/shorthop.conf"));
  for (const bool edits : {true, false}) {
    facts.settings.other_milters_edit = edits;
    CHECK(plan_setup(facts).questions.empty());
  }
}

TEST_CASE("with permit_mx_backup a host is a secondary, whatever relay_domains contains", "[tool][setup]") {
  SetupFacts facts = host();
  facts.relay_domains = {};
  CHECK_THAT(all(plan_setup(facts)), ContainsSubstring("is this host a secondary MX?"));
  facts.postfix.values["smtpd_recipient_restrictions"] = "permit_mynetworks, permit_mx_backup, reject";
  const SetupPlan plan = plan_setup(facts);
  CHECK(all(plan).find("is this host a secondary MX?") == std::string::npos);
  REQUIRE(plan.questions.size() == 1);
  CHECK_THAT(plan.questions[0].what, ContainsSubstring("smtpd_recipient_restrictions has permit_mx_backup"));
  CHECK_THAT(plan.questions[0].answer, ContainsSubstring("/etc/shorthop/relay.d/NAME.conf"));
  CHECK(plan.obstacles.empty());
}

TEST_CASE("a wrong entry of shorthop in another parameter is reported, not changed", "[tool][setup]") {
  const SetupPlan plan = plan_setup(host("smtpd_milters = $all\n", "unix:shorthop/milter.sock"));
  CHECK_FALSE(plan.main_cf);
  CHECK_THAT(all(plan), ContainsSubstring("through another parameter"));
  CHECK_THAT(all(plan_setup(host("smtpd_milters = $all\n", std::string(entry)))), ContainsSubstring("already"));
}

TEST_CASE("a Postfix before 3.0 has no settings for a single milter: the manual steps are shown", "[tool][setup]") {
  SetupFacts old = host();
  old.postfix.version = "2.11.3";
  const SetupPlan plan = plan_setup(old);
  CHECK_FALSE(plan.main_cf);
  CHECK_THAT(all(plan), ContainsSubstring("Postfix 2.11.3") && ContainsSubstring("3.0") &&
                            ContainsSubstring("milter_default_action = accept"));
}

TEST_CASE("a socket that a chrooted smtpd cannot reach is not added", "[tool][setup]") {
  SetupFacts facts = host();
  facts.settings.socket = Endpoint::parse("unix:/run/shorthop/milter.sock").value();
  const SetupPlan chrooted = plan_setup(facts);
  CHECK_FALSE(chrooted.main_cf);
  CHECK_THAT(all(chrooted), ContainsSubstring("socket = unix:/var/spool/postfix/shorthop/milter.sock"));
  facts.postfix.services = parse_master_services("smtp inet n - n - - smtpd\n");
  REQUIRE(plan_setup(facts).main_cf);
  CHECK_THAT(plan_setup(facts).main_cf->after, ContainsSubstring("{ unix:/run/shorthop/milter.sock, "));
  facts.settings.socket = Endpoint::parse("inet:10027@127.0.0.1").value();
  CHECK_THAT(plan_setup(facts).main_cf->after, ContainsSubstring("{ inet:127.0.0.1:10027, default_action=accept }"));
}

TEST_CASE("places where smtpd_milters does not apply are reported: -o in master.cf, smtpd_milter_maps, other instances",
          "[tool][setup]") {
  SetupFacts facts = host();
  facts.postfix.services = parse_master_services("smtp inet n - y - - smtpd\n -o smtpd_milters=inet:a:1\n");
  facts.postfix.values["smtpd_milter_maps"] = "cidr:/etc/postfix/milters";
  facts.settings.postfix_config = "/etc/postfix-other";
  CHECK_THAT(all(plan_setup(facts)), ContainsSubstring("smtp/inet has its own list in master.cf") &&
                                         !ContainsSubstring("setup --apply does it") &&
                                         ContainsSubstring("smtpd_milter_maps (cidr:/etc/postfix/milters)") &&
                                         ContainsSubstring("postfix-config = /etc/postfix"));
  facts.milter_maps.lists = {{"cidr:/etc/postfix/milters", "127.0.0.0/8", "DISABLE"}};
  CHECK_THAT(all(plan_setup(facts)), !ContainsSubstring("smtpd_milter_maps"));
  facts.milter_maps.lists.push_back({"cidr:/etc/postfix/milters", "192.0.2.1", "inet:a:1"});
  CHECK_THAT(all(plan_setup(facts)), ContainsSubstring("smtpd_milter_maps (cidr:/etc/postfix/milters)"));
}

TEST_CASE("undo restores the backup byte for byte; if other lines have changed since, it removes only shorthop's entry",
          "[tool][setup]") {
  const Settings settings = host().settings;
  const std::string_view queue = "/var/spool/postfix";
  for (const std::string before : {"smtpd_milters = inet:a:1,\n", "smtpd_milters =\nx = y", "x = y", "x = y\n", "",
                                   "smtpd_milters = inet:a:1 unix:shorthop/milter.sock inet:b:2\n"}) {
    const std::string after = with_shorthop(before, settings, queue);
    CAPTURE(before);
    CHECK(without_shorthop(after, before, settings, queue) == before);
    const std::string more = after + "later = added\n";
    const std::string undone = without_shorthop(more, before, settings, queue);
    CHECK(undone.ends_with("later = added\n"));
    CHECK(undone.find("shorthop/") == std::string::npos);
    // Without the backup the entry is removed too, but an empty list cannot be distinguished from a missing one.
    CHECK(without_shorthop(more, std::nullopt, settings, queue).find("shorthop/") == std::string::npos);
  }
  CHECK(without_shorthop("x = y\nsmtpd_milters = " + std::string(entry) + "\nz = 1\n", std::nullopt, settings, queue) ==
        "x = y\nz = 1\n");
}

TEST_CASE("undo: a backup that already has shorthop's entry is not restored", "[tool][setup]") {
  const Settings settings = host().settings;
  const std::string_view queue = "/var/spool/postfix";
  const std::string backup = "smtpd_milters = " + std::string(entry) + ", inet:a:1\n";
  const std::string moved = with_shorthop(backup, settings, queue);
  CHECK(moved == "smtpd_milters = inet:a:1, " + std::string(entry) + "\n");
  CHECK(without_shorthop(moved, backup, settings, queue) == "smtpd_milters = inet:a:1\n");
}
