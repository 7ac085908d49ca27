// shorthop check: all problems with place and fix, and a summary.
#include <sysexits.h>

#include <set>
#include <sstream>
#include <string>

#include "support/catch.h"
#include "support/temporary_directory.h"
#include "tool/doctor/finding.h"
#include "unit/tool/world.h"

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
using shorthop::test::Ran;
using shorthop::test::World;

namespace {

/// A master.cf whose content filter gives mail back after its aliases were expanded.
constexpr const char* filtered =
    "smtp inet n - y - - smtpd\n"
    "cleanup unix n - y - 0 cleanup\n"
    "127.0.0.1:10025 inet n - n - - smtpd -o content_filter= -o receive_override_options=no_address_mappings\n";

/// The mirror of the world's primary, with these further parameters.
void write_mirror(const World& world, const std::string& parameters, const std::string& master) {
  world.write("mirror/postconf",
              "alias_maps = hash:/etc/aliases\nmydestination = example.org\nmyhostname = mail.example.org\n"
              "myorigin = example.org\nvirtual_alias_maps = hash:/etc/postfix/virtual\n"
              "local_recipient_maps = $alias_maps\n" +
                  parameters);
  world.write("mirror/master", master);
  world.write("mirror/files/etc/aliases", "user: user@example.com\n");
  world.write("mirror/files/etc/postfix/virtual", "user.lastname@example.org  user@example.org\n");
  world.write("mirror/stamp", "");
}

}  // namespace

TEST_CASE("check of a healthy world has notes only, and counts relays, domains, tables and entries", "[tool][check]") {
  const World world;
  const Ran ran = world.tool({"check", "--no-dns"});
  CHECK(ran.status == EX_OK);
  CHECK(ran.errors.empty());
  CHECK(world.with_short_paths(ran.output) ==
        "/…/relay.d/example.org.conf: note: max-age is not set for example.org [no-max-age]\n"
        "    why: if nothing renews the copies, shorthop keeps using old aliases\n"
        "    fix: write max-age = 48h, or max-age = none if the copies never change\n"
        "note: this host has neither Postfix nor Sendmail [mta-absent]\n"
        "    why: whether and how the MTA asks shorthop was not checked\n"
        "/…/relay.d/example.org.conf: note: 2 of 3 aliases end in mailboxes of this host; the others: 1 foreign-target "
        "[savings]\n"
        "    why: each message to an alias that ends here saves two hops between the hosts\n"
        "example.org: text:/…/virtual: 2 entries\n"
        "example.org: text:/…/aliases: 1 entry\n"
        "1 relay, 1 domain, 2 tables with 3 entries: 0 errors, 0 warnings\n");
}

TEST_CASE("check names files in relay.d that are not read, but no backups", "[tool][check]") {
  const World world;
  for (const char* name : {"example.net", "b.cnf", "example.org.conf~", "#example.org.conf#", ".example.org.conf.swp",
                           "example.org.conf.dpkg-old", "example.org.conf.off", "notes~", "README"}) {
    world.write(std::string("relay.d/") + name, "domains = example.net\n");
  }
  const std::string said = world.with_short_paths(world.tool({"check", "--no-dns"}).output);
  CHECK_THAT(said, ContainsSubstring("/…/relay.d/b.cnf: warning: the name of this file does not end in .conf "
                                     "[relay-file-ignored]\n"));
  CHECK_THAT(said, ContainsSubstring("    fix: mv /…/relay.d/example.net /…/relay.d/example.net.conf, or move it"));
  CHECK_THAT(said, EndsWith(": 0 errors, 2 warnings\n"));
}

TEST_CASE("check with an error in the settings says nothing about an MTA that it did not look for", "[tool][check]") {
  const World world;
  world.write("relay.d/example.org.conf", "domains = example.org\nprimary = 192.0.2.10\nmode = rewite\n");
  const Ran ran = world.tool({"check", "--no-dns"});
  CHECK(ran.status == EX_CONFIG);
  CHECK_THAT(ran.output, ContainsSubstring("\"rewite\" is not one of observe, rewrite"));
  CHECK_THAT(ran.output, !ContainsSubstring("mta-absent"));
}

TEST_CASE("check says that max-age is not set if it has no value", "[tool][check]") {
  const World world;
  world.write("relay.d/example.org.conf",
              "domains = example.org\nprimary = 192.0.2.10\nvirtual-alias-maps = text:../virtual\nmax-age =\n");
  CHECK_THAT(world.tool({"check", "--no-dns"}).output, ContainsSubstring("max-age is not set for example.org"));
}

TEST_CASE("check names a copy that is under way once, as a temporary failure", "[tool][check]") {
  const World world;
  world.write("relay.d/example.org.conf",
              "domains = example.org\nprimary = 192.0.2.10\narrives-here = example.com\nmirror = ../mirror\n"
              "max-age = 1h\n");
  write_mirror(world, "", "smtp inet n - y - - smtpd\ncleanup unix n - y - 0 cleanup\n");
  shorthop::test::wait_a_tick();
  world.write("mirror/files/etc/aliases", "user: bob@example.com\n");
  const Ran ran = world.tool({"check", "--no-dns"});
  CHECK(ran.status == EX_TEMPFAIL);
  CHECK_THAT(ran.output, ContainsSubstring("a copy is under way, or failed [copy-incomplete]\n"));
  CHECK_THAT(ran.output, !ContainsSubstring("nothing is rewritten"));
}

TEST_CASE("check --json prints one line per finding, and a summary", "[tool][check]") {
  const World world;
  world.write("relay.d/example.org.conf",
              "domains            = example.org\n"
              "primary            = 192.0.2.10\n"
              "arrives-here       = example.com\n"
              "max-age            = 1h\n"
              "virtual-alias-maps = text:../virtual\n"
              "alias-maps         = text:../aliases\n"
              "primary-postconf   = ../postconf-n\n");
  const Ran ran = world.tool({"check", "--no-dns", "--json"});
  CHECK(ran.status == EX_OK);
  CHECK(
      world.with_short_paths(ran.output) ==
      R"({"severity":"note","file":"","line":0,"what":"this host has neither Postfix nor Sendmail","fix":"",)"
      R"("code":"mta-absent","why":"whether and how the MTA asks shorthop was not checked"})"
      "\n"
      R"({"severity":"note","file":"/…/relay.d/example.org.conf","line":0,"what":"2 of 3 aliases end in mailboxes of )"
      R"(this host; the others: 1 foreign-target","fix":"","code":"savings","why":"each message to an )"
      R"(alias that ends here saves two hops between the hosts"})"
      "\n"
      R"({"errors":0,"warnings":0,"notes":2,"relays":1,"domains":1,"tables":[)"
      R"({"relay":"example.org","table":"text:/…/virtual","entries":2},)"
      R"({"relay":"example.org","table":"text:/…/aliases","entries":1}],"live_tables":[],"savings":[)"
      R"({"relay":"example.org","aliases":3,"rewritten":2,"kept":{"foreign-target":1}}],"differences":[]})"
      "\n");
}

TEST_CASE("check prints a table of what the primary does and this host does not", "[tool][check]") {
  const World world;
  world.write("relay.d/example.org.conf",
              "domains            = example.org\n"
              "primary            = 192.0.2.10\n"
              "arrives-here       = example.com\n"
              "max-age            = 1h\n"
              "mirror             = ../mirror\n"
              "accept-difference  = milters tls\n");
  world.write("mirror/files/etc/postfix/checks", "# none yet\n");
  write_mirror(world,
               "smtpd_milters = inet:localhost:11332\nrelayhost = [out.example.net]\n"
               "header_checks = regexp:/etc/postfix/checks\n",
               std::string(filtered) + "smtp/inet/content_filter = amavis:[127.0.0.1]:10024\n");
  const Ran ran = world.tool({"check", "--no-dns"});
  CHECK(ran.status == EX_CONFIG);
  CHECK_THAT(
      world.with_short_paths(ran.output),
      StartsWith(
          "/…/relay.d/example.org.conf:6: error: content-filter: the primary has content_filter = "
          "amavis:[127.0.0.1]:10024; this host: not known [primary-difference]\n"
          "    why: mail whose recipient is replaced skips the primary, so no recipient of this relay is replaced "
          "until each such difference is accepted\n"
          "    fix: let a filter on this host check the mail; or, if mail may skip everything in the table "
          "below: accept-difference = milters tls content-filter\n") &&
          ContainsSubstring("accept-difference has tls, but the hosts do not differ in it [accepted-difference]") &&
          ContainsSubstring(
              "example.org: what the primary does and this host does not\n"
              "  difference        harms  accepted  the primary                                this host\n"
              "  content-filter    yes    no        content_filter = amavis:[127.0.0.1]:10024  not known\n"
              "  milters           yes    yes       smtpd_milters = inet:localhost:11332       not known\n"
              "  smarthost         no     no        relayhost = [out.example.net]              not known\n"));
  CHECK_THAT(world.tool({"check", "--no-dns", "--json"}).output,
             ContainsSubstring(R"("differences":[{"relay":"example.org","name":"content-filter","harms":true,)"
                               R"("accepted":false,"primary":"content_filter = amavis:[127.0.0.1]:10024",)"
                               R"("here":"not known","meaning":"the primary's content_filter or )"));
}

TEST_CASE("a difference that harms and is not accepted keeps recipients as policy", "[tool][check]") {
  const World world;
  const std::string settings =
      "domains            = example.org\n"
      "primary            = 192.0.2.10\n"
      "arrives-here       = example.com\n"
      "mirror             = ../mirror\n";
  world.write("relay.d/example.org.conf", settings);
  write_mirror(world, "content_filter = amavis:[127.0.0.1]:10024\n", filtered);
  CHECK_THAT(world.tool({"resolve", "user@example.org"}).output,
             StartsWith("user@example.org: keep policy (not in accept-difference: content-filter)\n"));
  world.write("relay.d/example.org.conf", settings + "accept-difference = content-filter\n");
  CHECK_THAT(world.tool({"resolve", "user@example.org"}).output, StartsWith("user@example.org: rewrite all-local"));
  // Without the primary's master.cf, neither the path of its mail nor its filters are known.
  world.remove("mirror/master");
  world.write("mirror/stamp", "");
  CHECK_THAT(world.with_short_paths(world.tool({"resolve", "user@example.org"}).output),
             StartsWith("user@example.org: keep not-mirrored (/…/mirror/master: no such file or directory)\n"));
  CHECK_THAT(world.tool({"check", "--no-dns"}).output, ContainsSubstring("error: unknown-settings: the primary has "));
}

TEST_CASE("check --codes lists each code once, and reads nothing", "[tool][check]") {
  const Ran ran = shorthop::test::run({"check", "--codes", "--config", "/nosuch"});
  CHECK(ran.status == EX_OK);
  std::set<std::string> codes;
  std::istringstream lines(ran.output);
  for (std::string line; std::getline(lines, line);) CHECK(codes.insert(line.substr(0, line.find(' '))).second);
  CHECK(codes.size() == shorthop::tool::finding_rows().size());
  CHECK(codes.contains("milter-not-last"));
  const Ran json = shorthop::test::run({"check", "--codes", "--json"});
  CHECK_THAT(json.output, ContainsSubstring(R"({"code":"milter-not-last","severity":"error","why":")"));
}

TEST_CASE("with --strict a warning gives exit 1", "[tool][check]") {
  const World world;
  CHECK(world.tool({"check", "--no-dns", "--strict"}).status == EX_OK);
  world.write("aliases", "user: user@example.com\nuser: other@example.com\n");
  CHECK(world.tool({"check", "--no-dns"}).status == EX_OK);
  CHECK(world.tool({"check", "--no-dns", "--strict"}).status == 1);
  world.write("aliases", "no colon\n");
  CHECK(world.tool({"check", "--no-dns"}).status == EX_OK);
  CHECK(world.tool({"check", "--no-dns", "--strict"}).status == 1);
  world.remove("aliases");
  CHECK(world.tool({"check", "--no-dns", "--strict"}).status == EX_NOINPUT);
}

TEST_CASE("check names every problem of the settings with file, line and the nearest right key", "[tool][check]") {
  const World world;
  world.write("relay.d/example.org.conf",
              "domians            = example.org\n"
              "primary            = 192.0.2.10\n"
              "arrives-here       = example.com\n"
              "max-age            = soon\n"
              "virtual-alias-maps = text:../virtual\n");
  const Ran ran = world.tool({"check", "--no-dns"});
  CHECK(ran.status == EX_CONFIG);
  CHECK_THAT(ran.output, ContainsSubstring("relay.d/example.org.conf:1: error: ") && ContainsSubstring("domains") &&
                             ContainsSubstring("relay.d/example.org.conf:4: error: "));
  CHECK_THAT(ran.output, ContainsSubstring(" errors, ") && EndsWith("\n"));
}

TEST_CASE("check names every problem of a table, not only the first", "[tool][check]") {
  const World world;
  world.write("aliases", "user: user@example.com\nno colon here\nother: \"unbalanced\nlast: user@example.com\n");
  const Ran ran = world.tool({"check", "--no-dns"});
  CHECK(ran.status == EX_OK);
  CHECK_THAT(ran.output, ContainsSubstring("aliases:2: warning: ") && ContainsSubstring("aliases:3: warning: ") &&
                             EndsWith("0 errors, 2 warnings\n"));
  const Ran json = world.tool({"check", "--no-dns", "--json"});
  CHECK(json.status == EX_OK);
  CHECK_THAT(json.output, ContainsSubstring(R"({"severity":"warning","file":")") &&
                              ContainsSubstring(R"(aliases","line":2,"what":")") && ContainsSubstring(R"("fix":")"));
}

TEST_CASE("missing table: exit 66, and its name", "[tool][check]") {
  const World world;
  world.remove("virtual");
  const Ran ran = world.tool({"check", "--no-dns"});
  CHECK(ran.status == EX_NOINPUT);
  CHECK_THAT(ran.output, ContainsSubstring(world.file("virtual")) && ContainsSubstring("error: "));
}

TEST_CASE("missing settings: exit 66, and their name", "[tool][check]") {
  const World world;
  world.remove("shorthop.conf");
  const Ran ran = world.tool({"check", "--no-dns"});
  CHECK(ran.status == EX_NOINPUT);
  CHECK_THAT(ran.output, ContainsSubstring(world.config()));
}

TEST_CASE("a warning is printed and counted, and is not a failure", "[tool][check]") {
  const World world;
  world.write("aliases", "user: user@example.com\nuser: other@example.com\n");
  const Ran ran = world.tool({"check", "--no-dns"});
  CHECK(ran.status == EX_OK);
  CHECK_THAT(ran.output, ContainsSubstring("aliases:2: warning: ") && EndsWith("0 errors, 1 warning\n"));
}

TEST_CASE("keys that are never looked up are named with their line, and are not counted as savings", "[tool][check]") {
  const World world;
  world.write("virtual",
              "\xEF\xBB\xBFuser.lastname@example.org  user@example.org\n"
              "source destination\n"
              "*@example.org  user@example.org\n"
              "\"x@example.org\"  user@example.org\n"
              "x@example.org  user@example.org\n");
  const Ran ran = world.tool({"check", "--no-dns"});
  for (const std::string line : {"1", "2", "3", "4"}) {
    CAPTURE(line);
    CHECK_THAT(ran.output, ContainsSubstring("virtual:" + line + ": warning: the key "));
  }
  CHECK_THAT(ran.output, !ContainsSubstring("virtual:5:") && ContainsSubstring("2 of 2 aliases end in mailboxes"));
}

TEST_CASE("a comment after an entry is reported as such, in virtual(5) and in aliases(5)", "[tool][check]") {
  const World world;
  world.write("virtual", "g@example.org bob@example.com # boss\nh@example.org bob@example.com, #boss\n");
  world.write("aliases",
              "user: user@example.com # her\nlist: a#b@example.com, \"# c\"@example.com, ann@example.com (# 1)\n");
  const Ran ran = world.tool({"check", "--no-dns"});
  CHECK_THAT(ran.output, ContainsSubstring("virtual:1: warning: a comment needs a line of its own: \"# boss\"") &&
                             ContainsSubstring("virtual:2: warning: a comment needs a line of its own") &&
                             ContainsSubstring("aliases:1: warning: a comment needs a line of its own") &&
                             !ContainsSubstring("aliases:2: warning: a comment"));
}

TEST_CASE("check reports a domain in none of the primary's domain lists; resolve keeps its recipients",
          "[tool][check]") {
  const World world;
  world.write(
      "postconf-n",
      "mydestination = localhost\nmyhostname = mail.example.org\nmyorigin = example.org\n"
      "virtual_alias_domains =\nvirtual_alias_maps = hash:/etc/postfix/virtual\nalias_maps = hash:/etc/aliases\n");
  const Ran ran = world.tool({"check", "--no-dns"});
  CHECK_THAT(ran.output, ContainsSubstring("example.org is missing from mydestination, ") &&
                             ContainsSubstring("relay_domains: its recipients are kept"));
  const Ran resolved = world.tool({"resolve", "user.lastname@example.org"});
  CHECK_THAT(resolved.output, StartsWith("user.lastname@example.org: keep not-mirrored (the domain is missing from "));
}

TEST_CASE("a mirror that is not there is an error, unless the relay waits for its first pull", "[tool][check]") {
  const World world;
  const std::string relay =
      "domains = example.org\nprimary = 192.0.2.10\narrives-here = example.com\nmirror = ../miror\n";
  world.write("relay.d/example.org.conf", relay);
  const Ran ran = world.tool({"check", "--no-dns"});
  CHECK(ran.status == EX_NOINPUT);
  CHECK_THAT(ran.output, ContainsSubstring("/miror: error: no such file or directory") &&
                             ContainsSubstring("correct the name in mirror"));
  CHECK_THAT(world.tool({"resolve", "user@example.org"}).output, StartsWith("user@example.org: keep not-mirrored"));
  world.write("relay.d/example.org.conf", relay + "pull = ssh://export@192.0.2.10\n");
  const Ran waiting = world.tool({"check", "--no-dns"});
  CHECK(waiting.status == EX_OK);
  CHECK_THAT(waiting.output, ContainsSubstring("/miror: warning: no such file or directory"));
}
