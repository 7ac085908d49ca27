// Recipients that go to one primary in one transaction: what it does to the message because of one of them concerns all.
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "session/session.h"
#include "support/catch.h"
#include "support/world.h"

namespace shorthop::test {
namespace {

/// A primary that discards each message for ann@example.org.
Primary discarding() {
  Primary primary = primary_of({}, {{"user", "user@example.com"}, {"ann", "ann@example.com"}});
  primary.asked.recipient_access = table_of({{"ann@example.org", "DISCARD"}});
  return primary;
}

/// A second relay, for example.net, with this primary.
void add_relay(Snapshot& snapshot, Primary primary, std::vector<std::string> addresses) {
  primary.rules.local_domains = {"example.org", "example.net"};
  Relay relay = *snapshot.relay_by_domain.at("example.org");
  relay.name = "example.net";
  relay.client_names = {"example.net"};
  relay.client_addresses = std::move(addresses);
  relay.primary = std::move(primary);
  snapshot.relay_by_domain["example.net"] = std::make_shared<const Relay>(std::move(relay));
}

std::string in_words(const std::vector<Edit>& edits) {
  std::string text;
  for (const Edit& edit : edits) {
    if (const auto* add = std::get_if<AddRecipient>(&edit)) text += "ADD " + add->path + " ";
    if (const auto* removed = std::get_if<DeleteRecipient>(&edit)) text += "DEL " + removed->text + " ";
  }
  return text;
}

std::string edits_with(const std::shared_ptr<Snapshot>& snapshot, const std::vector<std::string_view>& arguments) {
  Session s({}, [snapshot] { return snapshot; }, {&std::chrono::system_clock::now, &std::chrono::steady_clock::now});
  s.mail({});
  for (const auto argument : arguments) s.rcpt({argument, {}, {"relay"}, "Postfix 3.7.11"});
  if (s.data()) return "nothing";
  return in_words(s.end_of_message().edits);
}

}  // namespace

TEST_CASE("access(5) DISCARD at the primary concerns the whole message, so the other recipients there are kept too",
          "[session][envelope]") {
  const auto edits_for_action = [](const char* action) {
    Primary primary = primary_of({}, {{"user", "user@example.com"}, {"ann", "ann@example.com"}});
    primary.asked.recipient_access = table_of({{"ann@example.org", action}});
    return edits_with(snapshot_of(std::move(primary)), {"<user@example.org>", "<ann@example.org>"});
  };
  CHECK(edits_for_action("DISCARD") == "nothing");
  CHECK(edits_for_action("REDIRECT bob@example.net") == "nothing");
  CHECK(edits_for_action("REJECT").starts_with("ADD <user@example.com>"));
  CHECK(edits_for_action("OK").contains("ADD <ann@example.com>"));
}

TEST_CASE("access(5): a recipient that is kept before its chain is followed must not hide DISCARD",
          "[session][envelope]") {
  auto snapshot = snapshot_of(discarding());
  const auto change = [&](auto edit) {
    Relay relay = *snapshot->relay_by_domain.at("example.org");
    edit(relay);
    snapshot->relay_by_domain["example.org"] = std::make_shared<const Relay>(std::move(relay));
  };
  const std::string alone = "ADD <user@example.com> DEL <user@example.org> ";
  CHECK(edits_with(snapshot, {"<user@example.org>", "<bob@example.org>"}) == alone);
  CHECK(edits_with(snapshot, {"<user@example.org>", "<bob@example.net>"}) == alone);
  CHECK(edits_with(snapshot, {"<user@example.org>", "<bob>"}) == alone);
  for (const char* hidden :
       {"<ann@example.org.>", "<ann @example.org>", "<ann%example.org>", "<example.org!ann>",
        "<ann%example.org@example.com>", "<ann%example.org@example.org>", "<example.org!ann@example.org>"}) {
    INFO(hidden);
    CHECK(edits_with(snapshot, {"<user@example.org>", hidden}) == "nothing");
  }
  SECTION("exclude") {
    change([](Relay& relay) { relay.excluded = {"ann@example.org"}; });
    CHECK(edits_with(snapshot, {"<user@example.org>", "<ann@example.org>"}) == "nothing");
    change([](Relay& relay) { relay.excluded = {"bob@example.org"}; });
    CHECK(edits_with(snapshot, {"<user@example.org>", "<bob@example.org>"}) == alone);
  }
  SECTION("a table of this host rewrites the address") {
    auto host = std::make_shared<FixedHost>(std::set<std::string, std::less<>>{"user"});
    host->rewritten = {"bob@example.org"};
    snapshot->host = host;
    CHECK(edits_with(snapshot, {"<user@example.org>", "<bob@example.org>"}) == "nothing");
  }
  SECTION("allow_min_user") {
    change([](Relay& relay) { relay.primary.asked.recipient_access = table_of({{"-a@example.org", "HOLD"}}); });
    CHECK(edits_with(snapshot, {"<user@example.org>", "<-a@example.org>"}) == "nothing");
    CHECK(edits_with(snapshot, {"<user@example.org>", "<-b@example.org>"}) == alone);
  }
  SECTION("a primary without such tables") {
    change([](Relay& relay) { relay.primary.asked.recipient_access = {}; });
    CHECK(edits_with(snapshot, {"<user@example.org>", "<ann @example.org>"}) == alone);
  }
}

TEST_CASE("access(5): a copy by recipient_bcc_maps must not hide DISCARD behind a content filter",
          "[session][envelope]") {
  Primary primary = primary_of({}, {{"user", "user@example.com"}});
  primary.asked.recipient_bcc = table_of({{"ann@example.org", "x@example.org"}, {"bob@example.org", "x@example.org"}});
  auto behind = std::make_shared<AddressTables>();
  behind->recipient_access = table_of({{"ann@example.org", "DISCARD"}});
  primary.asked.behind_filter = behind;
  const auto snapshot = snapshot_of(std::move(primary));
  CHECK(edits_with(snapshot, {"<user@example.org>", "<ann@example.org>"}) == "nothing");
  CHECK(edits_with(snapshot, {"<user@example.org>", "<bob@example.org>"}).starts_with("ADD <user@example.com>"));
}

TEST_CASE("relays with the same primary: its access(5) DISCARD concerns recipients of both", "[session][envelope]") {
  auto snapshot = snapshot_of(discarding());
  add_relay(*snapshot, primary_of({}, {{"user", "user@example.com"}}), {"192.0.2.1", "2001:db8::1"});
  CHECK(edits_with(snapshot, {"<user@example.net>", "<ann@example.org>"}) == "nothing");
  CHECK(edits_with(snapshot, {"<user@example.net>", "<user@example.org>"}) != "nothing");
  add_relay(*snapshot, primary_of({}, {{"user", "user@example.com"}}), {"192.0.2.2"});
  CHECK(edits_with(snapshot, {"<user@example.net>", "<ann@example.org>"}).starts_with("ADD <user@example.com>"));
}

TEST_CASE("relays with the same primary: it merges copies of recipients of both", "[session][envelope]") {
  Primary merging = primary_of({}, {{"user", "user@example.com"}, {"program", "user@example.com, |/bin/cat"}});
  merging.rules.merges_copies = true;
  auto snapshot = snapshot_of(merging);
  for (const bool says_it_merges : {true, false}) {
    Primary other = primary_of({}, {{"program", "user@example.com, |/bin/cat"}});
    other.rules.merges_copies = says_it_merges;
    add_relay(*snapshot, std::move(other), {"192.0.2.1"});
    CHECK(edits_with(snapshot, {"<user@example.org>", "<program@example.net>"}) == "nothing");
  }
  add_relay(*snapshot, merging, {"192.0.2.2"});
  CHECK(edits_with(snapshot, {"<user@example.org>", "<program@example.net>"}) != "nothing");
}

}  // namespace shorthop::test
