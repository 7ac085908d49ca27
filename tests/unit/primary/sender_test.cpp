// The primary's tables that depend on the sender, and parent domains in its transport_maps.
#include "primary/sender.h"

#include <memory>

#include "primary/resolve.h"
#include "primary/routing.h"
#include "support/catch.h"
#include "support/world.h"

namespace shorthop::test {
namespace {

std::string obstacle(const Primary& primary, std::optional<std::string_view> path,
                     const LocalHost& host = FixedHost({})) {
  const auto found = sender_obstacle(path, primary, host, no_deadline);
  return found ? std::string(name_of(leaf_kind_of(found->kind))) : "none";
}

}  // namespace

TEST_CASE("postconf(5) empty_address_relayhost_maps_lookup_key: the null sender is looked up as <>",
          "[primary][sender]") {
  Primary primary;
  primary.senders.bcc = table_of({{"<>", "archive@example.org"}});
  CHECK(obstacle(primary, "<>") == "none");  // sender_bcc_maps does not apply to it
  primary.senders.relayhosts = table_of({{"<>", "[gate.example.net]"}});
  CHECK(obstacle(primary, "<>") == "not-followed");
  CHECK(obstacle(primary, "<ann@example.net>") == "none");
  CHECK(obstacle(primary, std::nullopt) == "not-followed");  // the sender is not known, so it may be in the table
  primary.senders.null_relayhost_key = "null@example.org";
  CHECK(obstacle(primary, "<>") == "none");
  primary.senders.null_transport_key = "null@example.org";
  primary.senders.transports = table_of({{"null@example.org", "smtp:[gate.example.net]"}});
  CHECK(obstacle(primary, "<>") == "not-followed");
}

TEST_CASE("postconf(5) reject_multi_recipient_bounce: the null sender is kept, and no other", "[primary][sender]") {
  Primary primary;
  primary.senders.refuses_shared_bounces = true;
  CHECK(obstacle(primary, "<>") == "not-followed");
  CHECK(obstacle(primary, "<ann@example.net>") == "none");
  CHECK(obstacle(primary, std::nullopt) == "none");
}

TEST_CASE("cleanup(8) looks up sender_bcc_maps after masquerading and completion", "[primary][sender]") {
  Primary primary;
  primary.senders.bcc = table_of({{"boss@example.net", "archive@example.org"}});
  primary.senders.masquerade_domains = {"example.net"};
  CHECK(obstacle(primary, "<boss@example.net>") == "copied-elsewhere");
  CHECK(obstacle(primary, "<boss@host.example.net>") == "not-followed");
  CHECK(obstacle(primary, "<boss@host>") == "not-followed");
  CHECK(obstacle(primary, "<boss%example.net@mail.example.org>") == "not-followed");
  CHECK(obstacle(primary, "<ann@example.com>") == "none");
}

TEST_CASE("virtual(5): if the primary's myorigin is unknown, an entry without a domain may concern the sender",
          "[primary][sender]") {
  Primary primary;
  primary.rules.myorigin.clear();
  primary.senders.bcc = table_of({{"boss", "archive@example.org"}});
  CHECK(obstacle(primary, "<boss@example.net>") == "not-mirrored");
  CHECK(obstacle(primary, "<ann@example.net>") == "none");
  primary.rules.local_domains = {"example.net"};
  CHECK(obstacle(primary, "<boss@example.net>") == "copied-elsewhere");
  CHECK(obstacle(primary, "<boss@example.com>") == "not-mirrored");
  primary.rules.myorigin = "example.org";
  CHECK(obstacle(primary, "<boss@example.com>") == "none");
  CHECK(obstacle(primary, "<boss@example.org>") == "copied-elsewhere");
}

TEST_CASE("an entry without a domain might not apply, so its DUNNO does not hide the entry of the domain",
          "[primary][sender]") {
  Primary primary;
  primary.rules.myorigin.clear();
  primary.senders.relayhosts = table_of({{"ann", "DUNNO"}, {"@example.net", "[gate.example.net]"}});
  CHECK(obstacle(primary, "<ann@example.net>") == "not-mirrored");
  primary.rules.myorigin = "example.org";
  CHECK(obstacle(primary, "<ann@example.net>") == "not-followed");
  primary.rules.myorigin = "example.net";
  CHECK(obstacle(primary, "<ann@example.net>") == "none");
}

TEST_CASE("smtpd(8) of the primary, or the one behind its filter, may ask about lone recipients",
          "[primary][routing]") {
  Primary primary;
  CHECK_FALSE(asks_lone_recipients(primary));
  AddressTables behind_filter;
  primary.address_tables.behind_filter = std::make_shared<AddressTables>(behind_filter);
  CHECK_FALSE(asks_lone_recipients(primary));
  behind_filter.asks_lone_recipients = true;
  primary.address_tables.behind_filter = std::make_shared<AddressTables>(behind_filter);
  CHECK(asks_lone_recipients(primary));
}

TEST_CASE("parent_domain_matches_subdomains: transport_maps is asked for parents with a dot, or without",
          "[primary][routing]") {
  const auto end_with = [](bool has_bare_parents, std::map<std::string, std::string, std::less<>> transports) {
    Primary primary = primary_of({}, {{"user", "user@example.com"}});
    primary.rules.has_bare_transport_parents = has_bare_parents;
    primary.address_tables.transport = table_of(std::move(transports));
    const FixedHost host({"user"});
    const Resolution resolution = resolve(*Address::parse("user@example.org"), primary, host, Trace::on);
    return std::string(name_of(resolution.leaves.front().kind));
  };
  CHECK(end_with(true, {{"com", "error:no"}}) == "not-followed");
  CHECK(end_with(true, {{".com", "error:no"}}) == "local-mailbox");
  CHECK(end_with(false, {{".com", "error:no"}}) == "not-followed");
  // An entry that is not looked up must not hide one that is.
  CHECK(end_with(false, {{"com", ":"}, {"*", "error:no"}}) == "not-followed");
}

}  // namespace shorthop::test
