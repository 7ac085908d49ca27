// What is remembered of a primary's chains: as it was, within its bounds, and never what may have changed.
#include "primary/chain_memory.h"

#include <fmt/format.h>

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "primary/resolve.h"
#include "support/catch.h"
#include "support/world.h"

namespace shorthop::test {
namespace {

Address address(std::string_view text) { return *Address::parse(text); }

/// An expansion as a text: "2 steps; foreign-target ann@example.net (detail); -> bob@example.com".
std::string shown(const std::optional<Expanded>& expanded) {
  if (!expanded) return "nothing";
  std::string text = fmt::format("{} steps", expanded->step_count);
  for (const auto& end : expanded->ends) {
    if (const auto* departure = std::get_if<Address>(&end)) {
      text += "; -> " + departure->external();
    } else if (const auto* mailbox = std::get_if<Mailbox>(&end)) {
      text += "; in " + mailbox->address.external();
    } else {
      const Leaf& leaf = std::get<Leaf>(end);
      text += fmt::format("; {} {} ({})", name_of(leaf.kind), leaf.address, leaf.detail);
    }
  }
  return text;
}

Expanded leading_to(std::vector<Expanded::End> ends) { return {{}, 2, std::move(ends), false}; }

/// Files whose text a test changes.
class OneFile final : public FileReader {
 public:
  std::expected<std::string, ReadFailure> read(const std::filesystem::path&) const override { return text; }
  std::string text;
};

std::string leaves_of(const Primary& primary, const LocalHost& host, std::string_view recipient,
                      Trace trace = Trace::off) {
  std::string text;
  for (const Leaf& leaf : resolve(address(recipient), primary, host, trace).leaves) {
    text += fmt::format("{}:{} ", name_of(leaf.kind), leaf.address);
  }
  return text;
}

}  // namespace

TEST_CASE("ChainMemory gives back what it was given, of the recipient as it was written", "[primary][memory]") {
  ChainMemory memory(100);
  std::vector<Expanded::End> ends = {address("\"a b\"@example.com"), address("Ann+X@EXAMPLE.com"),
                                     address("j\u00f6rg@b\u00fccher.example")};
  for (int kind = 0; kind <= std::to_underlying(LeafKind::invalid_address); ++kind) {
    ends.emplace_back(
        Leaf{static_cast<LeafKind>(kind), fmt::format("x{}@example.net", kind), "why, " + std::string(kind, '.')});
  }
  ends.emplace_back(Mailbox{address("Ann@example.com")});
  Expanded expanded = leading_to({ends.begin(), ends.begin() + 9});
  Expanded others = leading_to({ends.begin() + 9, ends.end()});
  memory.remember(address("Team@example.org"), expanded);
  memory.remember(address("team@example.org"), others);
  memory.remember(address("void@example.org"), leading_to({}));
  CHECK(shown(memory.recall(address("Team@example.org"))) == shown(expanded));
  CHECK(shown(memory.recall(address("team@example.org"))) == shown(others));
  CHECK(shown(memory.recall(address("void@example.org"))) == "2 steps");
  CHECK(shown(memory.recall(address("TEAM@example.org"))) == "nothing");
  CHECK(shown(memory.recall(address("team@example.com"))) == "nothing");
}

TEST_CASE("ChainMemory keeps nothing of files, of recorded steps, of long lists", "[primary][memory]") {
  ChainMemory memory(100);
  const auto is_kept = [&](const Expanded& expanded) {
    memory.remember(address("team@example.org"), expanded);
    return memory.recall(address("team@example.org")).has_value();
  };
  Expanded of_file = leading_to({address("ann@example.com")});
  of_file.rests_on_files = true;
  CHECK_FALSE(is_kept(of_file));
  Expanded recorded = leading_to({address("ann@example.com")});
  recorded.steps.emplace_back();
  CHECK_FALSE(is_kept(recorded));
  CHECK_FALSE(is_kept(leading_to(std::vector<Expanded::End>(17, address("ann@example.com")))));
  CHECK_FALSE(is_kept(leading_to({Leaf{LeafKind::command_target, std::string(4000, 'x'), {}}})));
  CHECK(is_kept(leading_to(std::vector<Expanded::End>(16, address("ann@example.com")))));
}

TEST_CASE("ChainMemory forgets what does not fit, and mixes nothing up", "[primary][memory]") {
  ChainMemory memory(1000);
  const auto name = [](int i) { return fmt::format("user{}@example.org", i); };
  const auto target = [](int i) { return leading_to({address(fmt::format("target{}@example.com", i))}); };
  int early = 0;
  for (int i = 0; i < 1000; ++i) memory.remember(address(name(i)), target(i));
  for (int i = 0; i < 1000; ++i) early += memory.recall(address(name(i))).has_value() ? 1 : 0;
  CHECK(early > 900);
  int remembered = 0;
  for (int i = 0; i < 50'000; ++i) memory.remember(address(name(i)), target(i));
  for (int i = 0; i < 50'000; ++i) {
    const auto expanded = memory.recall(address(name(i)));
    if (!expanded) continue;
    ++remembered;
    if (shown(expanded) != shown(target(i))) FAIL(name(i) << ": " << shown(expanded));
  }
  CHECK(remembered > 100);
  CHECK(remembered < 3000);
}

TEST_CASE("ChainMemory is used by several threads at once", "[primary][memory][threads]") {
  ChainMemory memory(200);
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&] {
        for (int i = 0; i < 5000; ++i) {
          const Address recipient = address(fmt::format("user{}@example.org", i % 700));
          const Expanded expanded = leading_to({address(fmt::format("target{}@example.com", i % 700))});
          const auto known = memory.recall(recipient);
          if (known && shown(known) != shown(expanded)) ++wrong;
          if (!known) memory.remember(recipient, expanded);
        }
      });
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("a primary's memory spares the tables, and this host is asked each time", "[primary][memory]") {
  const auto table = std::make_shared<CountingTable>(
      std::map<std::string, std::string, std::less<>>{{"ann", "user@example.com, x@example.net"}});
  Primary primary = primary_of({}, {});
  primary.aliases = TableList({table});
  primary.memory = std::make_shared<ChainMemory>(10);
  FixedHost host({"user"});
  const std::string here = "local-mailbox:user@example.com foreign-target:x@example.net ";
  CHECK(leaves_of(primary, host, "ann@example.org") == here);
  const int lookups = table->lookups;
  CHECK(lookups > 0);
  CHECK(leaves_of(primary, host, "ann@example.org") == here);
  CHECK(table->lookups == lookups);
  host.broken = true;
  CHECK(leaves_of(primary, host, "ann@example.org") == "lookup-failed:user@example.com foreign-target:x@example.net ");
  CHECK(leaves_of(primary, FixedHost({}), "ann@example.org") ==
        "local-unknown:user@example.com foreign-target:x@example.net ");
  CHECK(table->lookups == lookups);
  host.broken = false;
  const Resolution explained = resolve(address("ann@example.org"), primary, host, Trace::on);
  CHECK(explained.steps.size() == 1);
  CHECK(table->lookups > lookups);
}

TEST_CASE("a host whose answers are fixed is asked once", "[primary][memory]") {
  Primary primary = primary_of({}, {{"ann", "user@example.com, nobody@example.com"}});
  primary.memory = std::make_shared<ChainMemory>(10);
  FixedHost host({"user"});
  host.fixed = true;
  const std::string here = "local-mailbox:user@example.com local-unknown:nobody@example.com ";
  CHECK(leaves_of(primary, host, "ann@example.org") == here);
  host.broken = true;
  CHECK(leaves_of(primary, host, "ann@example.org") == here);
  CHECK(resolve(address("ann@example.org"), primary, host, Trace::off).mailboxes ==
        std::vector{address("user@example.com")});
}

TEST_CASE("what users forward is looked up for each message", "[primary][memory]") {
  const auto file = std::make_shared<OneFile>();
  Primary primary = primary_of({}, {{"ann", "user@example.com"}});
  primary.memory = std::make_shared<ChainMemory>(10);
  primary.forwards = ForwardFiles{"/copies/%u", file};
  const FixedHost host({"user", "bob"});
  for (const std::string user : {"user", "bob"}) {
    file->text = user + "@example.com\n";
    CHECK(leaves_of(primary, host, "eve@example.org") == "local-mailbox:" + user + "@example.com ");
  }
}

}  // namespace shorthop::test
