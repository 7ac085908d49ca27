// The keys that are looked up: virtual(5), "TABLE SEARCH ORDER", and Postfix global/mail_addr_find.c, split_addr.c.
#include "tables/search.h"

#include "support/table_texts.h"

namespace shorthop::test {
namespace {

/// Has one key, or fails for one, and records the keys looked up.
class Recorder final : public Table {
 public:
  explicit Recorder(std::string known = {}, std::string failing = {}, std::string name = "test:recorder")
      : Table(std::move(name)), known_(std::move(known)), failing_(std::move(failing)) {}
  Lookup find(const LookupKey& asked, Deadline) const override {
    const std::string_view key = is_pattern() ? asked.text : asked.folded;
    keys_.append(keys_.empty() ? "" : " | ").append(key);
    if (!failing_.empty() && key == failing_)
      return std::unexpected(LookupFailure{"it is down", FailureKind::unavailable});
    if (key == known_) return Entry{"value", 7};
    return std::nullopt;
  }
  const std::string& keys() const { return keys_; }

 private:
  std::string known_;
  std::string failing_;
  mutable std::string keys_;
};

std::shared_ptr<Recorder> recording_pattern(std::string known = {}) {
  return std::make_shared<Recorder>(std::move(known), "", "regexp:recorder");
}

SearchRules rules(std::string delimiters = "+") {
  SearchRules result;
  result.delimiters = std::move(delimiters);
  result.is_local = [](std::string_view domain, Deadline) { return domain == "local.example"; };
  return result;
}

std::string keys_for(std::string_view address, const SearchRules& search_rules = rules()) {
  const auto recorder = std::make_shared<Recorder>();
  const auto found = search_address(TableList({recorder}), *Address::parse(address), search_rules, no_deadline);
  CHECK((found && !*found));
  return recorder->keys();
}

TEST_CASE("virtual(5): user+ext@domain is searched first, then user@domain, then @domain", "[tables][search]") {
  CHECK(keys_for("ann+x@example.org") == "ann+x@example.org | ann@example.org | @example.org");
  CHECK(keys_for("ann@example.org") == "ann@example.org | @example.org");
}

TEST_CASE("virtual(5): for a local domain user+ext and user come before @domain", "[tables][search]") {
  CHECK(keys_for("ann+x@local.example") == "ann+x@local.example | ann@local.example | ann+x | ann | @local.example");
  CHECK(keys_for("ann@local.example") == "ann@local.example | ann | @local.example");
}

TEST_CASE("if it is not known whether keys without a domain apply, only an entry with such a key is a failure",
          "[tables][search]") {
  SearchRules unsure = rules();
  unsure.is_local = [](std::string_view, Deadline) -> std::expected<bool, LookupFailure> {
    return std::unexpected(LookupFailure{"myorigin is not known", FailureKind::not_mirrored});
  };
  CHECK(keys_for("ann+x@example.org", unsure) == "ann+x@example.org | ann@example.org | ann+x | ann | @example.org");
  const auto ann = *Address::parse("ann@example.org");
  const TableList bare({std::make_shared<Recorder>("ann")});
  CHECK(search_address(bare, ann, unsure, no_deadline).error().kind == FailureKind::not_mirrored);
  CHECK(knows_address(bare, ann, LetterCase::as_written, unsure, no_deadline).error().kind ==
        FailureKind::not_mirrored);
  const TableList all({std::make_shared<Recorder>("@example.org")});
  CHECK((*search_address(all, ann, unsure, no_deadline))->found.entry.value == "value");
  const TableList both({std::make_shared<Recorder>("ann"), std::make_shared<Recorder>("@example.org")});
  CHECK(search_address(both, ann, unsure, no_deadline).error().kind == FailureKind::not_mirrored);
  CHECK(knows_address(both, ann, LetterCase::as_written, unsure, no_deadline) == true);
}

TEST_CASE("mail_addr_find.c: keys are folded", "[tables][search]") {
  CHECK(keys_for("Ann+X@Example.ORG") == "ann+x@example.org | ann@example.org | @example.org");
}

TEST_CASE("mail_addr_find.c: the quoted form of each key is looked up first, then the unquoted one",
          "[tables][search]") {
  CHECK(keys_for("\"a b+c\"@local.example") ==
        "\"a b+c\"@local.example | a b+c@local.example | \"a b\"@local.example | a b@local.example | "
        "\"a b+c\" | a b+c | \"a b\" | a b | @local.example");
}

std::string pattern_keys_for(std::string_view address) {
  const auto recorder = recording_pattern();
  const auto found = search_address(TableList({recorder}), *Address::parse(address), rules(), no_deadline);
  CHECK((found && !*found));
  return recorder->keys();
}

TEST_CASE("mail_addr_find.c: in a pattern table only the whole address is looked up, as written", "[tables][search]") {
  CHECK(pattern_keys_for("Ann+X@Example.ORG") == "Ann+X@Example.ORG");
  CHECK(pattern_keys_for("Ann+X@local.example") == "Ann+X@local.example");
  CHECK(pattern_keys_for("\"A b\"@local.example") == "\"A b\"@local.example | A b@local.example");
}

TEST_CASE("smtpd_resolve.c: smtpd(8) looks up the address in lower case, in a pattern table too", "[tables][search]") {
  const auto smtpd_keys_for = [](std::string_view address) {
    const auto recorder = recording_pattern();
    CHECK(knows_address(TableList({recorder}), *Address::parse(address), LetterCase::lower, rules(), no_deadline) ==
          false);
    return recorder->keys();
  };
  CHECK(smtpd_keys_for("Ann+X@Example.ORG") == "ann+x@example.org");
  CHECK(smtpd_keys_for("\"A b\"@local.example") == "\"a b\"@local.example | a b@local.example");
}

TEST_CASE("mail_addr_find.c: in tables beside a pattern table all keys are looked up", "[tables][search]") {
  const auto pattern = recording_pattern();
  const auto fixed = std::make_shared<Recorder>();
  const auto ann = *Address::parse("Ann+x@example.org");
  CHECK(knows_address(TableList({pattern, fixed}), ann, LetterCase::as_written, rules(), no_deadline) == false);
  CHECK(pattern->keys() == "Ann+x@example.org");
  CHECK(fixed->keys() == "ann+x@example.org | ann@example.org | @example.org");
}

TEST_CASE("maps_find: a name or a domain that is a whole key is looked up in a pattern table", "[tables][search]") {
  const auto pattern = recording_pattern("owner-list");
  const TableList tables({pattern});
  CHECK(tables.contains("owner-list", no_deadline) == true);
  CHECK(tables.contains("example.org", no_deadline) == false);
  CHECK(tables.contains(LookupKey::partial("@example.org"), no_deadline) == false);
  CHECK(pattern->keys() == "owner-list | example.org");
}

TEST_CASE("virtual(5): the unmatched extension is returned in the case of the address", "[tables][search]") {
  const TableList tables({std::make_shared<Recorder>("ann@example.org")});
  const auto found = search_address(tables, *Address::parse("Ann+ExT@example.org"), rules(), no_deadline);
  REQUIRE((found && *found));
  CHECK((*found)->unmatched_extension == "+ExT");
  CHECK((*found)->found.entry.value == "value");
  CHECK((*found)->found.entry.line == 7);
  const TableList exact({std::make_shared<Recorder>("ann+ext@example.org")});
  CHECK((*search_address(exact, *Address::parse("Ann+ExT@example.org"), rules(), no_deadline))
            ->unmatched_extension.empty());
  const TableList all({std::make_shared<Recorder>("@example.org")});
  CHECK((*search_address(all, *Address::parse("Ann+ExT@example.org"), rules(), no_deadline))
            ->unmatched_extension.empty());
}

TEST_CASE("postconf(5) recipient_delimiter: a set of characters; the first in the address is used",
          "[tables][search]") {
  CHECK(keys_for("a-b+c@example.org", rules("+-")) == "a-b+c@example.org | a@example.org | @example.org");
  CHECK(keys_for("a-b@example.org", rules("")) == "a-b@example.org | @example.org");
}

TEST_CASE("split_addr.c: a local part is split at the first delimiter, but not a name with a special meaning",
          "[tables][search]") {
  const auto split = [](std::string_view local_part, std::string_view delimiters, bool special = true) {
    const auto [user, extension] = split_local_part(local_part, delimiters, special);
    return std::string(user) + '|' + std::string(extension);
  };
  CHECK(split("ann+x", "+") == "ann|+x");
  CHECK(split("ann+x+y", "+") == "ann|+x+y");
  CHECK(split("ann+", "+") == "ann|+");
  CHECK(split("+x", "+") == "+x|");
  CHECK(split("ann", "+") == "ann|");
  CHECK(split("Postmaster", "t") == "Postmaster|");
  CHECK(split("MAILER-DAEMON", "-", false) == "MAILER-DAEMON|");
  CHECK(split("double-bounce", "-", false) == "double-bounce|");
  CHECK(split("owner-list", "-") == "owner-list|");
  CHECK(split("List-Request", "-") == "List-Request|");
  CHECK(split("-request", "-") == "-request|");
  CHECK(split("owner-list", "-", false) == "owner|-list");
  CHECK(split("list-request", "-", false) == "list|-request");
  CHECK(split("owner-list+x", "+") == "owner-list|+x");
}

TEST_CASE("maps_find: the first table that has the key answers; if a table before it fails, the look-up fails",
          "[tables][search]") {
  const auto knows = std::make_shared<Recorder>("a@x");
  const auto fails = std::make_shared<Recorder>("", "a@x");
  const auto empty = std::make_shared<Recorder>();
  CHECK((*TableList({empty, knows, fails}).find("a@x", no_deadline))->entry.value == "value");
  CHECK_FALSE(TableList({fails, knows}).find("a@x", no_deadline).has_value());
  CHECK(TableList().find("a@x", no_deadline)->has_value() == false);
}

TEST_CASE("postconf(5) local_recipient_maps: it is enough that one table knows a recipient", "[tables][search]") {
  const auto knows = std::make_shared<Recorder>("ann");
  const auto fails = std::make_shared<Recorder>("", "ann@local.example");
  const auto ann = *Address::parse("ann@local.example");
  CHECK(knows_address(TableList({knows}), ann, LetterCase::as_written, rules(), no_deadline) == true);
  CHECK(knows_address(TableList({fails, knows}), ann, LetterCase::as_written, rules(), no_deadline) == true);
  CHECK(knows_address(TableList({std::make_shared<Recorder>()}), ann, LetterCase::as_written, rules(), no_deadline) ==
        false);
  const auto failed = knows_address(TableList({fails}), ann, LetterCase::as_written, rules(), no_deadline);
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().text() == "it is down");
}

TEST_CASE("mail_addr_find.c: nothing is looked up after a failure", "[tables][search]") {
  const auto fails = std::make_shared<Recorder>("@example.org", "ann@example.org");
  const auto found = search_address(TableList({fails}), *Address::parse("ann+x@example.org"), rules(), no_deadline);
  REQUIRE_FALSE(found.has_value());
  CHECK(fails->keys() == "ann+x@example.org | ann@example.org");
}

}  // namespace
}  // namespace shorthop::test
