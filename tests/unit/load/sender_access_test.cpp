// What check_sender_access of this host does to mail that comes back from a primary.
#include "load/host/sender_access.h"

#include <memory>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/map_table.h"
#include "unit/load/described_host.h"

namespace shorthop::test {
namespace {

using Senders = std::map<std::string, std::string, std::less<>>;

std::shared_ptr<MapTable> senders(Senders entries, const std::string& name = "map:senders") {
  return std::make_shared<MapTable>(std::move(entries), name);
}

/// The obstacle, or "none".
std::string obstacle(std::vector<std::shared_ptr<const Table>> tables, std::string_view path) {
  const auto found = action_for_sender(TableList(std::move(tables)), path, {}, no_deadline);
  return found ? found->text() : "none";
}

}  // namespace

TEST_CASE("access(5): an action for the address, the domain or the null sender", "[load][sender-access]") {
  const auto table = senders({{"ann@example.net", "REDIRECT x@example.com"},
                              {"example.edu", "HOLD"},
                              {"bob@example.net", "OK"},
                              {"carol@", "554 no"},
                              {"<>", "DISCARD"}});
  CHECK(obstacle({table}, "<Ann@example.net>") ==
        "check_sender_access of this host has \"REDIRECT x@example.com\" for the sender, in map:senders");
  CHECK(obstacle({table}, "<any@example.edu>").contains("HOLD"));
  CHECK(obstacle({table}, "<carol@example.net>").contains("554 no"));
  CHECK(obstacle({table}, "<>").contains("DISCARD"));
  CHECK(obstacle({table}, "<bob@example.net>") == "none");
  CHECK(obstacle({table}, "<other@example.net>") == "none");
  CHECK(obstacle({}, "<ann@example.net>") == "none");
}

TEST_CASE("access(5): an action that every sender gets does not count", "[load][sender-access]") {
  // As in the usual set-up of amavisd-new with two ports.
  const auto every = senders({{"ann@example.net", "FILTER smtp:[127.0.0.1]:10024"},
                              {"nobody@sender.invalid", "FILTER smtp:[127.0.0.1]:10024"}});
  CHECK(obstacle({every}, "<ann@example.net>") == "none");
  CHECK(obstacle({every, senders({{"ann@example.net", "DISCARD"}})}, "<ann@example.net>").contains("DISCARD"));
}

TEST_CASE("a sender that cannot be looked up keeps its recipients", "[load][sender-access]") {
  const auto table = senders({});
  CHECK(obstacle({table}, "").contains("cannot be looked up"));
  CHECK(obstacle({table}, "<ann@[192.0.2.1]>").contains("cannot be looked up"));
  table->broken_key = "ann@example.net";
  CHECK(obstacle({table}, "<ann@example.net>") == "map:senders: broken");
}

TEST_CASE("postconf(5) reject_multi_recipient_bounce: mail from the null sender may be refused when it comes back",
          "[load][sender-access]") {
  const auto obstacle_on = [](const std::string& lines, std::string_view path) {
    return Host("mydestination = example.com\n" + lines).host->sender_action(path, no_deadline).has_value();
  };
  CHECK(obstacle_on("smtpd_data_restrictions = reject_multi_recipient_bounce\n", "<>"));
  CHECK_FALSE(obstacle_on("smtpd_data_restrictions = reject_multi_recipient_bounce\n", "<ann@example.net>"));
  CHECK_FALSE(obstacle_on("", "<>"));
}

TEST_CASE("a host asks about senders if a table of check_sender_access may have an action", "[load][sender-access]") {
  const auto asks = [](const std::string& table) {
    return Host("mydestination = example.com\nsmtpd_sender_restrictions = check_sender_access " + table + "\n",
                Host::from_postfix(), {{"/senders", "ann@example.net OK\nbob@example.net DUNNO\n"}})
        .host->asks_about_senders();
  };
  CHECK(asks("texthash:/gone"));
  CHECK(asks("inline:{ { ann@example.net = HOLD } }"));
  CHECK_FALSE(asks("inline:{ { ann@example.net = REJECT } }"));
  CHECK(asks("regexp:{ {/x/ OK} }"));  // it cannot list what it has
  CHECK_FALSE(asks("texthash:/senders"));
  CHECK_FALSE(Host("mydestination = example.com\n").host->asks_about_senders());
}

}  // namespace shorthop::test
