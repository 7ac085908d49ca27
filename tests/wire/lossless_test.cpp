// Tests find_loss(), by which other tests judge edits, with hand-made sequences: it must accept the good ones and
// reject the bad ones.
#include "support/lossless.h"
#include "support/catch.h"
#include "wire/messages.h"

using namespace shorthop::test;

namespace {

Packet add(const std::string& address, const std::string& parameters = "ORCPT=rfc822;x") {
  return {'2', address + '\0' + parameters + '\0'};
}
Packet add_plain(const std::string& address) { return {'+', address + '\0'}; }
Packet del(const std::string& address) { return {'-', address + '\0'}; }

std::string verdict_on(const Entries& envelope, const std::vector<Packet>& edits) {
  return find_loss(envelope, edits, final_deliveries()).value_or("no loss");
}

}  // namespace

TEST_CASE("additions, then deletions, lose nothing, wherever the sequence is cut", "[wire][lossless]") {
  const Entries envelope = {"<user@example.org>", "<two@example.org>"};
  const std::vector<Packet> edits = {add("<user@example.com>"), add("<other@example.com>"), del("<user@example.org>"),
                                     del("<two@example.org>")};
  for (std::size_t read = 0; read <= edits.size(); ++read) {
    const std::vector<Packet> so_far(edits.begin(), edits.begin() + static_cast<std::ptrdiff_t>(read));
    CHECK(verdict_on(envelope, so_far) == "no loss");
  }
  CHECK(verdict_on(envelope, {add_plain("<user@example.com>"), del("<user@example.org>")}) == "no loss");
}

TEST_CASE("FACTS, earlier milters: the client's recipient may be gone, so a deletion needs an addition",
          "[wire][lossless]") {
  CHECK(verdict_on({"<user@example.com>", "<user@example.org>"}, {del("<user@example.org>")}) ==
        "deleted, but the additions alone do not replace it: <user@example.org>");
  CHECK(
      verdict_on({"<other@example.com>", "<two@example.org>"}, {add("<user@example.com>"), del("<two@example.org>")}) ==
      "deleted, but the additions alone do not replace it: <two@example.org>");
  CHECK(verdict_on({"<user.lastname@example.org>", "<user@example.org>"}, {del("<user@example.org>")}) ==
        "deleted, but the additions alone do not replace it: <user@example.org>");
  const std::string own = "ORCPT=rfc822;user@example.com";
  CHECK(verdict_on({"<user@example.com>", "<user@example.org>"},
                   {add("<user@example.com>", own), del("<user@example.org>")}) == "no loss");
}

TEST_CASE("FACTS, duplicates: the addition of a client's recipient is a second copy unless it has the same parameters",
          "[wire][lossless]") {
  const auto verdict_beside = [](const EnvelopeEntry& given, const Packet& addition) {
    return verdict_on({given, "<user@example.org>"}, {addition, del("<user@example.org>")});
  };
  const std::string second = "added with other parameters than the client gave: <user@example.com>";
  const std::string own = "ORCPT=rfc822;user@example.com";
  CHECK(verdict_beside("<user@example.com>", add("<user@example.com>", "ORCPT=rfc822;user@example.org")) == second);
  CHECK(verdict_beside("<user@example.com>", add_plain("<user@example.com>")) == second);
  CHECK(verdict_beside("<user@example.com>", add("<user@example.com>", "NOTIFY=NEVER " + own)) == second);
  CHECK(verdict_beside({"<user@example.com>", "NEVER"}, add("<user@example.com>", own)) == second);
  CHECK(verdict_beside({"<user@example.com>", "NEVER"}, add("<user@example.com>", "NOTIFY=NEVER " + own)) == "no loss");
  CHECK(verdict_beside({"<user@example.com>", "", "rfc822;x"}, add("<user@example.com>", own)) == second);
  CHECK(verdict_beside({"<user@example.com>", "", "rfc822;x"}, add("<user@example.com>")) == "no loss");
}

TEST_CASE("a deletion before its addition is a loss", "[wire][lossless]") {
  CHECK(verdict_on({"<user@example.org>"}, {del("<user@example.org>")}) ==
        "the mailboxes differ after -<user@example.org>");
  CHECK(verdict_on({"<user@example.org>"}, {del("<user@example.org>"), add("<user@example.com>")}) ==
        "the mailboxes differ after -<user@example.org>");
  CHECK(verdict_on({"<two@example.org>"}, {add("<user@example.com>"), del("<two@example.org>")}) ==
        "the mailboxes differ after -<two@example.org>");
}

TEST_CASE("an addition after any deletion is rejected, even if it loses nothing", "[wire][lossless]") {
  CHECK(verdict_on({"<user@example.org>", "<other@example.org>"},
                   {add("<user@example.com>"), del("<user@example.org>"), add("<other@example.com>"),
                    del("<other@example.org>")}) == "added after a deletion: <other@example.com>");
}

TEST_CASE("the deletion of an addition is rejected", "[wire][lossless]") {
  CHECK(verdict_on({"<user@example.org>"}, {add("<user@example.com>"), del("<user@example.com>")}) ==
        "deleted an addition: <user@example.com>");
}

TEST_CASE("a deletion that matches nothing would leave two copies", "[wire][lossless]") {
  CHECK(verdict_on({"<User@example.org>", "<user@example.org>"}, {add("<user@example.com>"), del("<USER@example.org>")})
            .starts_with("deleted an address that is not a recipient: <USER@example.org>"));
}

TEST_CASE("another mailbox, a second addition and any other edit are rejected", "[wire][lossless]") {
  CHECK(verdict_on({"<user@example.org>"}, {add("<third@example.com>")}) ==
        "the mailboxes differ after 2<third@example.com>");
  CHECK(verdict_on({"<user@example.org>"}, {add("<user@example.com>"), add("<user@example.com>")}) ==
        "added twice: <user@example.com>");
  CHECK(verdict_on({"<user@example.org>"}, {{'q', std::string("why\0", 4)}}) == "an edit of the unexpected kind q");
}
