// What a host remembers, and for how long.
#include "load/remembering_host.h"

#include <functional>

#include "support/catch.h"

namespace shorthop::test {
namespace {

using namespace std::chrono_literals;

/// Counts how often it is asked; the answer is set by the test.
struct CountingHost final : LocalHost {
  std::expected<bool, LookupFailure> is_local_domain(std::string_view domain, Deadline) const override {
    return domain == "example.com";
  }
  std::expected<bool, LookupFailure> is_best_mx(std::string_view) const override { return true; }
  std::expected<bool, LookupFailure> has_mailbox(const Address&, Deadline) const override {
    ++asked;
    if (on_question) on_question();
    return answer;
  }
  std::expected<bool, LookupFailure> rewrites(const Address&, Deadline) const override { return true; }
  std::optional<Leaf> alias_obstacle(const Address&, bool, Deadline) const override { return Leaf{}; }
  mutable int asked = 0;
  std::function<void()> on_question;
  std::expected<bool, LookupFailure> answer = true;
};

struct Remembering {
  std::shared_ptr<CountingHost> behind = std::make_shared<CountingHost>();
  std::chrono::steady_clock::time_point now{1h};
  std::shared_ptr<const LocalHost> host = remembering_host(behind, [this] { return now; }, {2000ms, 3});

  std::expected<bool, LookupFailure> has_mailbox(std::string_view recipient) const {
    return host->has_mailbox(*Address::parse(recipient), no_deadline);
  }
};

}  // namespace

TEST_CASE("a domain in U-labels is asked for by itself: to Postfix it is another one", "[load][remember]") {
  Remembering r;
  CHECK(r.has_mailbox("user@xn--bcher-kva.example").value());
  r.behind->answer = false;
  CHECK_FALSE(r.has_mailbox("user@b\u00fccher.example").value());
  CHECK(r.has_mailbox("user@xn--bcher-kva.example").value());
}

TEST_CASE("a recipient is asked for once within the time, whatever its case", "[load][remember]") {
  Remembering r;
  CHECK(r.has_mailbox("user@example.com").value());
  CHECK(r.has_mailbox("User@Example.com").value());
  r.now += 1999ms;
  CHECK(r.has_mailbox("user@example.com").value());
  CHECK(r.behind->asked == 1);
  r.behind->answer = false;
  r.now += 1ms;
  CHECK(!r.has_mailbox("user@example.com").value());
  CHECK(!r.has_mailbox("user@example.com").value());
  CHECK(r.behind->asked == 2);
}

TEST_CASE("a failure is remembered as long as an answer", "[load][remember]") {
  Remembering r;
  r.behind->answer = std::unexpected(LookupFailure{"down"});
  CHECK(r.has_mailbox("user@example.com").error().what == "down");
  CHECK(r.has_mailbox("user@example.com").error().what == "down");
  CHECK(r.behind->asked == 1);
  r.behind->answer = true;
  r.now += 2000ms;
  CHECK(r.has_mailbox("user@example.com").value());
  CHECK(r.behind->asked == 2);
}

TEST_CASE("H9: an answer that took longer than the time is remembered, too", "[load][remember]") {
  Remembering r;
  r.behind->on_question = [&] { r.now += 2500ms; };
  for (int i = 0; i < 10; ++i) CHECK(r.has_mailbox("user@example.com").value());
  CHECK(r.behind->asked == 1);
}

TEST_CASE("no more recipients are remembered than the limit says", "[load][remember]") {
  Remembering r;
  for (const char* recipient : {"a@example.com", "b@example.com", "c@example.com", "d@example.com"}) {
    CHECK(r.has_mailbox(recipient).value());
  }
  CHECK(r.has_mailbox("d@example.com").value());
  CHECK(r.behind->asked == 4);
  CHECK(r.has_mailbox("a@example.com").value());
  CHECK(r.behind->asked == 5);
}

TEST_CASE("other questions are passed on", "[load][remember]") {
  Remembering r;
  CHECK(r.host->is_local_domain("example.com", no_deadline).value());
  CHECK(!r.host->is_local_domain("example.org", no_deadline).value());
  CHECK(r.host->rewrites(*Address::parse("user@example.com"), no_deadline).value());
}

}  // namespace shorthop::test
