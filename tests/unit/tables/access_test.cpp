// access(5) for a recipient: keys and actions.
#include "tables/access.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/map_table.h"

namespace shorthop::test {
namespace {

std::string action_for(std::string_view recipient,
                       std::vector<std::map<std::string, std::string, std::less<>>> tables) {
  std::vector<std::shared_ptr<const Table>> list;
  for (auto& entries : tables) list.push_back(std::make_shared<MapTable>(std::move(entries)));
  SearchRules rules;
  rules.delimiters = "+";
  const auto action = find_access(TableList(std::move(list)), Address::parse(recipient).value(), rules, no_deadline);
  if (!action) return "failed";
  return action->value_or("passes");
}

/// A table that can list its entries.
class ListedTable final : public Table {
 public:
  explicit ListedTable(std::string value) : Table("listed:test"), value_(std::move(value)) {}
  Lookup find(const LookupKey&, Deadline) const override { return Entry{value_, 0}; }
  bool each_entry(const UseEntry& use) const override {
    use("user@example.com", value_, 1);
    return true;
  }

 private:
  std::string value_;
};

/// The refusal behind a table with these entries.
std::string refusal_for(std::string_view recipient, std::map<std::string, std::string, std::less<>> entries) {
  SearchRules rules;
  rules.delimiters = "+";
  const TableList tables({std::make_shared<MapTable>(std::move(entries))});
  const auto refusal = find_refusal(tables, {{"reject", {0}}}, Address::parse(recipient).value(), rules, no_deadline);
  return refusal ? refusal->value_or("none") : "failed";
}

}  // namespace

TEST_CASE("access(5): an address, its domain, a parent domain and a user are looked up", "[tables][access]") {
  CHECK(action_for("user+x@mail.example.com", {{{"user+x@mail.example.com", "REJECT"}}}) == "REJECT");
  CHECK(action_for("user+x@mail.example.com", {{{"user@mail.example.com", "HOLD"}}}) == "HOLD");
  CHECK(action_for("user@mail.example.com", {{{"mail.example.com", "550 no"}}}) == "550 no");
  CHECK(action_for("user@mail.example.com", {{{".example.com", "REJECT"}}}) == "REJECT");
  CHECK(action_for("user@mail.example.com", {{{"example.com", "FILTER smtp:[x]"}}}) == "FILTER smtp:[x]");
  CHECK(action_for("user@mail.example.com", {{{"user@", "DISCARD"}}}) == "DISCARD");
  CHECK(action_for("\"a b+x\"@example.com", {{{"a b@", "REJECT"}}}) == "REJECT");
  CHECK(action_for("\"a b+x\"@example.com", {{{"\"a b\"@", "REJECT"}}}) == "REJECT");
  CHECK(action_for("\"a b+x\"@example.com", {{{"\"a b+x\"@", "REJECT"}}}) == "REJECT");
  CHECK(action_for("user@mail.example.com", {{{"user", "REJECT"}, {"example.net", "REJECT"}}}) == "passes");
}

TEST_CASE("access(5): in a regular expression table the whole address is looked up, in lower case",
          "[tables][access]") {
  const auto action_of = [](const std::string& key) {
    const auto table =
        std::make_shared<MapTable>(std::map<std::string, std::string, std::less<>>{{key, "REJECT"}}, "regexp:/x");
    SearchRules rules;
    rules.delimiters = "+";
    return find_access(TableList({table}), Address::parse("User+x@Example.com").value(), rules, no_deadline)
        ->value_or("passes");
  };
  CHECK(action_of("user+x@example.com") == "REJECT");
  for (const char* part : {"User+x@Example.com", "user@example.com", "user+x@", "user@", "example.com"}) {
    CHECK(action_of(part) == "passes");
  }
}

TEST_CASE("access(5): an action that permits or only logs lets the recipient pass, unless another key rejects",
          "[tables][access]") {
  for (const char* action : {"OK", "ok", "DUNNO", "1234", "OK with a comment", "permit", "Permit_Auth_Destination",
                             "WARN", "WARN look", "INFO look"}) {
    CHECK(action_for("user@example.com", {{{"user@example.com", action}, {"example.net", "REJECT"}}}) == "passes");
    CHECK(action_for("user@example.com", {{{"user@", action}, {"example.com", "REJECT"}}}) == "REJECT");
    CHECK(action_for("user@example.com", {{{"user@example.com", action}}, {{"example.com", "REJECT"}}}) == "REJECT");
  }
  for (const char* action : {"REJECT", "550 5.1.1 no", "PREPEND X: y", "BCC a@b.example", "guarded", "permit reject",
                             "permit_auth_destination, reject"}) {
    CHECK(action_for("user@example.com", {{{"user@example.com", action}}}) == action);
  }
}

TEST_CASE("access(5): an action for the recipient alone does not hide one for the message", "[tables][access]") {
  CHECK(action_for("user@example.com", {{{"user@example.com", "BCC a@b.example"}}, {{"example.com", "HOLD"}}}) ==
        "HOLD");
  CHECK(action_for("user@example.com", {{{"user@", "REJECT"}, {"example.com", "DISCARD"}}}) == "DISCARD");
  CHECK(action_for("user@example.com", {{{"user@", "DEFER"}}, {{"example.com", "REJECT"}}}) == "DEFER");
}

TEST_CASE(
    "access(5): in one table, the entry of the address hides the entry of its domain, which hides the entry of user@",
    "[tables][access]") {
  CHECK(action_for("user@example.com", {{{"user@example.com", "OK"}, {"example.com", "REJECT"}}}) == "passes");
  CHECK(action_for("user+x@example.com", {{{"user@example.com", "DUNNO"}, {"example.com", "HOLD"}}}) == "passes");
  CHECK(action_for("user+x@example.com", {{{"user+x@example.com", "REJECT"}, {"user@example.com", "OK"}}}) == "REJECT");
  CHECK(action_for("user@example.com", {{{"example.com", "DUNNO"}, {"user@", "DISCARD"}}}) == "passes");
  CHECK(action_for("user@example.com", {{{"example.com", "REJECT"}, {"user@", "DISCARD"}}}) == "REJECT");
  CHECK(action_for("user+x@example.com", {{{"user+x@", "OK"}, {"user@", "REJECT"}}}) == "passes");
  // Whether smtpd(8) looks up these keys depends on parent_domain_matches_subdomains, and on the form of the address.
  CHECK(action_for("user@a.example.com", {{{".example.com", "OK"}, {"user@", "REJECT"}}}) == "REJECT");
  CHECK(action_for("\"a b\"@example.com", {{{"a b@example.com", "OK"}, {"example.com", "REJECT"}}}) == "REJECT");
}

TEST_CASE("access(5): an entry with a list of restrictions that keeps no recipient is not an obstacle",
          "[tables][access]") {
  const auto action_with = [](const std::string& value) {
    const std::map<std::string, std::string, std::less<>> entries = {{"user@example.com", value}};
    const auto is_ignorable = [](std::string_view list) { return !list.contains("kept"); };
    const auto table = ignore_lists(std::make_shared<MapTable>(entries), is_ignorable);
    const Address user = Address::parse("user@example.com").value();
    return find_access(TableList({table}), user, {}, no_deadline)->value_or("passes");
  };
  CHECK(action_with("grey") == "passes");
  CHECK(action_with("grey, spf") == "passes");
  CHECK(action_with("OK") == "passes");
  for (const char* action : {"kept", "grey, kept", "hold", "REJECT", "REJECT grey", "550, grey", "permit, grey"}) {
    CHECK(action_with(action) == action);
  }
  CHECK(action_with("") == "");
}

TEST_CASE("access(5): DISCARD, FILTER, HOLD, PREPEND and REDIRECT concern the whole message", "[tables][access]") {
  for (const char* action :
       {"DISCARD", "discard quietly", "FILTER smtp:[x]", "HOLD", "PREPEND X: y", "REDIRECT a@b.example", "guarded"}) {
    CHECK(concerns_message(action));
  }
  for (const char* action :
       {"REJECT", "550 5.1.1 no", "450 later", "DEFER_IF_PERMIT", "BCC a@b.example", "OK", "DUNNO", "1", "WARN"}) {
    CHECK_FALSE(concerns_message(action));
  }
}

TEST_CASE("access(5): a refusal behind a table is not reached if the entry for the recipient permits",
          "[tables][access]") {
  CHECK(refusal_for("user@example.com", {{"user@example.com", "OK"}}) == "none");
  CHECK(refusal_for("user+x@example.com", {{"user@example.com", "permit"}}) == "none");
  CHECK(refusal_for("user@example.com", {{"example.com", "200"}}) == "none");
  CHECK(refusal_for("user@example.com", {{"user@", "permit_auth_destination"}}) == "none");
  CHECK(refusal_for("user@example.com", {{"user@example.com", "OK"}, {"example.com", "DUNNO"}}) == "none");
  CHECK(refusal_for("user@example.com", {{"example.com", "OK"}, {"user@", "REJECT"}}) == "none");
  CHECK(refusal_for("user@example.com", {}) == "reject");
  CHECK(refusal_for("user@example.com", {{"user@example.com", "DUNNO"}}) == "reject");
  CHECK(refusal_for("user@example.com", {{"user@example.com", "DUNNO"}, {"example.com", "OK"}}) == "reject");
  // Whether smtpd(8) looks up these keys depends on parent_domain_matches_subdomains.
  CHECK(refusal_for("user@a.example.com", {{"example.com", "OK"}}) == "reject");
  CHECK(refusal_for("user@a.example.com", {{".example.com", "OK"}}) == "reject");
}

TEST_CASE("access(5): whether one of the entries may concern the whole message", "[tables][access]") {
  const auto may_act = [](std::shared_ptr<const Table> table) {
    return may_act_on_messages(TableList({std::move(table)}));
  };
  CHECK(!may_act_on_messages({}));
  CHECK(!may_act(std::make_shared<ListedTable>("REJECT")));
  CHECK(!may_act(std::make_shared<ListedTable>("BCC ann@example.com")));
  CHECK(may_act(std::make_shared<ListedTable>("HOLD")));
  CHECK(may_act(std::make_shared<ListedTable>("some_class")));
  CHECK(!may_act(ignore_lists(std::make_shared<ListedTable>("some_class"), [](auto) { return true; })));
  CHECK(may_act(std::make_shared<MapTable>(std::map<std::string, std::string, std::less<>>{})));  // it lists nothing
}

TEST_CASE("access(5): actions that refuse the mail, at least for now", "[tables][access]") {
  for (const char* action : {"REJECT", "reject no", "DEFER", "DEFER_IF_PERMIT x", "550 5.7.1 no", "421 later",
                             "permit_mynetworks reject", "defer, permit"}) {
    INFO(action);
    CHECK(refuses(action));
  }
  for (const char* action : {"OK", "DUNNO", "DEFER_IF_REJECT", "BCC a@example.org", "HOLD", "PREPEND X: reject", "550",
                             "permit_mynetworks reject_unauth_destination", "a_class"}) {
    INFO(action);
    CHECK_FALSE(refuses(action));
  }
}

TEST_CASE("access(5): whether every entry of a list of tables lets mail pass or refuses it", "[tables][access]") {
  const auto pass = [](std::vector<std::string> values) {
    std::vector<std::shared_ptr<const Table>> tables;
    for (std::string& value : values) tables.push_back(std::make_shared<ListedTable>(std::move(value)));
    return only_pass_or_refuse(TableList(std::move(tables)));
  };
  CHECK(pass({}));
  CHECK(pass({"OK", "DUNNO"}));
  CHECK(pass({"OK", "REJECT"}));
  CHECK_FALSE(pass({"OK", "DISCARD"}));
  CHECK_FALSE(pass({"a_class"}));
  CHECK_FALSE(
      only_pass_or_refuse(TableList({std::make_shared<MapTable>(std::map<std::string, std::string, std::less<>>{})})));
}

}  // namespace shorthop::test
