// What access tables of this host do to all mail of a primary.
#include "load/host/client_access.h"

#include <fmt/format.h>

#include "support/catch.h"
#include "support/map_files.h"
#include "tables/types/backends.h"

namespace shorthop::test {
namespace {

constexpr std::string_view moving = "mail that comes back from ";

/// The action for a primary with one name, an IPv4 and an IPv6 address. `clients`: the text of the file /clients.
std::string action_with(std::string restrictions, std::string_view clients = {}, Parameters classes = {},
                        bool accepts_filter = false) {
  const MapFiles files({{"/clients", std::string(clients)}});
  classes["smtpd_client_restrictions"] = std::move(restrictions);
  const InboundMail mail = inbound_mail(std::move(classes), {}, files, "/");
  Backends backends;
  TableOpener opener(files, backends);
  Diagnostics warnings;
  return client_action(client_tables(mail, opener, warnings), {"mail.example.org"}, {"192.0.2.10", "2001:db8::10"},
                       accepts_filter);
}

std::string action_in(const std::string& entry) { return action_with("check_client_access inline:{{" + entry + "}}"); }

}  // namespace

TEST_CASE("access(5): an action that moves mail is found by each key of the primary", "[load][client-access]") {
  CHECK(action_in("192.0.2.10=REDIRECT dave@example.com") ==
        "mail that comes back from 192.0.2.10 gets \"REDIRECT dave@example.com\" of inline:{{192.0.2.10=REDIRECT "
        "dave@example.com}}");
  for (const char* key : {"mail.example.org", "example.org", ".example.org", "org", "192.0.2", "192.0", "192",
                          "2001:db8::10", "2001:db8:", "2001:db8", "2001"}) {
    INFO(key);
    CHECK(action_in(key + std::string("=HOLD")).starts_with(moving));
  }
  for (const char* key : {"192.0.2.1", "192.0.2.100", "2.10", "mail.example.net", "net", "2001:db8::1"}) {
    INFO(key);
    CHECK(action_in(key + std::string("=HOLD")).empty());
  }
}

TEST_CASE("access(5): only some actions move or refuse mail, and the first key that has an entry decides",
          "[load][client-access]") {
  for (const char* action : {"OK", "DUNNO", "DEFER_IF_REJECT", "PREPEND X-Relay: yes", "greylisted", "4", "550"}) {
    INFO(action);
    CHECK(action_in(std::string("192.0.2.10=") + action).empty());
  }
  for (const char* action :
       {"BCC dave@example.com", "discard", "FILTER scan:x", "check_sender_access,static:HOLD", "REJECT no FILTER",
        "defer", "DEFER_IF_PERMIT later", "550 no", "450 4.7.1 later", "permit_mynetworks,reject"}) {
    INFO(action);
    CHECK(action_in(std::string("192.0.2.10=") + action).starts_with(moving));
  }
  CHECK(action_in("192.0.2.10=OK} {192.0.2=HOLD").empty());
  // Without parent_domain_matches_subdomains, smtpd(8) does not look up example.org.
  CHECK(action_in("example.org=OK} {org=HOLD").starts_with(moving));
}

TEST_CASE("header_checks(5): a rule for the Received fields of mail that comes back is an action too",
          "[load][client-access]") {
  const auto action = [](const std::string& rules, bool accepts_filter = false,
                         const std::vector<std::string>& names = {"mail.example.org"}) {
    const MapFiles files({{"/checks", rules}});
    const InboundMail mail = inbound_mail({{"header_checks", "regexp:/checks"}}, {}, files, "/");
    Backends backends;
    TableOpener opener(files, backends);
    Diagnostics warnings;
    return client_action(client_tables(mail, opener, warnings), names, {"192.0.2.10"}, accepts_filter);
  };
  for (const char* pattern :
       {"^Received: from mail\\.example\\.org", "^received:.*by mail.example.org", "192\\.0\\.2\\.10"}) {
    INFO(pattern);
    CHECK(action(fmt::format("/{}/ REDIRECT dave@example.com\n", pattern)).starts_with(moving));
    CHECK(action(fmt::format("/{}/ WARN\n", pattern)).empty());
  }
  for (const char* pattern : {"^Subject: mail.example.org", "^Received: from", "^Received: from mail.example.net"}) {
    INFO(pattern);
    CHECK(action(fmt::format("/{}/ DISCARD\n", pattern)).empty());
  }
  CHECK(action("/^Received: from mail.example.org/ FILTER scan:x\n", true).empty());
  // primary = 192.0.2.10
  CHECK(action("/^Received:.*192\\.0\\.2\\.10/ HOLD\n", false, {}).starts_with(moving));
  CHECK(action("/^Received: from mail.example.org/ HOLD\n", false, {}).empty());
  CHECK(action("/^Received: from mail.example.org/ REJECT\n").starts_with(moving));
}

TEST_CASE("access(5): the primary is refused by its own name and addresses only", "[load][client-access]") {
  const auto refused_by = [](const std::string& check, const std::string& key) {
    return action_with(check + " inline:{{" + key + "=REJECT}}").starts_with(moving);
  };
  CHECK(refused_by("check_client_access", "192.0.2.10"));
  CHECK(refused_by("check_reverse_client_hostname_access", "example.org"));
  CHECK(refused_by("check_helo_access", "mail.example.org"));
  CHECK_FALSE(refused_by("check_helo_access", "192.0.2.10"));  // HELO has a name, or an address in brackets
  // The keys are hosts in DNS records of the client.
  CHECK_FALSE(refused_by("check_client_mx_access", "192.0.2"));
  CHECK_FALSE(refused_by("check_helo_ns_access", "mail.example.org"));
}

TEST_CASE("accept-difference = access-actions: a FILTER for the primary does not count", "[load][client-access]") {
  const auto action = [](const std::string& entry) {
    return action_with("check_client_access inline:{{" + entry + "}}", {}, {}, true);
  };
  CHECK(action("192.0.2.10=FILTER scan:x").empty());
  CHECK(action("192.0.2.10=HOLD").starts_with(moving));
  CHECK(action("192.0.2.10=check_sender_access,static:FILTER").starts_with(moving));
  CHECK(action("192.0.2.10=FILTER scan:x} {192.0.2=HOLD").empty());
  CHECK_FALSE(action_with("check_client_access hash:/gone", {}, {}, true).empty());
}

TEST_CASE("accept-difference: only access-actions accepts a FILTER, and the relay says that it was needed",
          "[load][client-access]") {
  const MapFiles files;
  const InboundMail mail = inbound_mail(
      {{"smtpd_client_restrictions", "check_client_access inline:{{mail.example.org=FILTER scan:x}}"}}, {}, files, "/");
  Backends backends;
  TableOpener opener(files, backends);
  Diagnostics warnings;
  const ClientTables tables = client_tables(mail, opener, warnings);
  const auto relay_with = [&](const std::vector<std::string>& accepted, const std::string& name) {
    Relay relay;
    relay.client_names = {name};
    set_client_action(relay, tables, accepted);
    return std::pair(relay.client_action.empty(), relay.skips_client_filter);
  };
  CHECK(relay_with({"access-actions"}, "mail.example.org") == std::pair(true, true));
  CHECK(relay_with({"access-actions"}, "mail.example.net") == std::pair(true, false));
  CHECK(relay_with({"header-actions"}, "mail.example.org") == std::pair(false, false));
}

TEST_CASE("smtpd_restriction_classes: the tables of a class that an entry names may move mail",
          "[load][client-access]") {
  const auto moves = [](const char* its_class) {
    return action_with("check_client_access texthash:/clients", "192.0.2.10 outer\n",
                       {{"smtpd_restriction_classes", "outer, inner"}, {"outer", "inner"}, {"inner", its_class}})
        .starts_with(moving);
  };
  CHECK(moves("check_sender_access static:{REDIRECT dave@example.com}"));
  CHECK_FALSE(moves("check_policy_service inet:127.0.0.1:10023"));
  CHECK(moves("permit_mynetworks, reject"));
  CHECK_FALSE(moves("reject_unauth_destination, permit"));
  CHECK_FALSE(moves("outer"));
  CHECK_FALSE(moves("check_recipient_access static:DUNNO"));
}

TEST_CASE("smtpd_restriction_classes: a chain of classes, each named twice by the one before, is read in a short time",
          "[load][client-access]") {
  constexpr int count = 40;
  Parameters classes;
  for (int number = 0; number < count; ++number) {
    const std::string next = "c" + std::to_string(number + 1);
    classes["smtpd_restriction_classes"] += " c" + std::to_string(number);
    classes["c" + std::to_string(number)] = number + 1 < count ? next + " " + next : "check_sender_access static:HOLD";
  }
  CHECK(action_with("check_client_access inline:{{192.0.2.10=c0}}", {}, classes).starts_with(moving));
}

TEST_CASE("an action for every client does not count: it applies already when the mail first arrives",
          "[load][client-access]") {
  for (const char* table : {"static:{FILTER scan:x}", "regexp:{ {/./ FILTER scan:x} }",
                            "cidr:{ {0.0.0.0/0 FILTER scan:x} {::/0 FILTER scan:x} }"}) {
    INFO(table);
    CHECK(action_with(std::string("check_client_access ") + table).empty());
  }
  CHECK(action_with("check_client_access cidr:{ {192.0.2.0/24 HOLD} {0.0.0.0/0 FILTER scan:x} }").starts_with(moving));
}

TEST_CASE("smtpd_client_restrictions: tables of clients, and of names in HELO or the DNS, are asked about the primary",
          "[load][client-access]") {
  const std::string clients = "192.0.2.10 HOLD\nmail.example.org HOLD\n";
  for (const char* checks : {"texthash:/clients", "check_helo_access texthash:/clients",
                             "check_reverse_client_hostname_access texthash:/clients"}) {
    INFO(checks);
    CHECK(action_with(checks, clients).starts_with(moving));
  }
  CHECK(action_with("check_sender_access texthash:/clients", clients).empty());
  CHECK(action_with("check_client_access mysql:/clients", clients).empty());
  CHECK_FALSE(action_with("check_client_access texthash:/absent", clients).empty());  // it may have such an entry
}

}  // namespace shorthop::test
