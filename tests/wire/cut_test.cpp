// Cuts the connection, or kills the daemon, after every single byte of the end-of-message exchange. The edits that the
// MTA has read as whole packets by then must not lose a message (see find_loss() in lossless.h).
#include <csignal>
#include <optional>

#include "support/catch.h"
#include "support/daemon_process.h"
#include "wire/messages.h"

using namespace shorthop::test;

namespace {

/// Recipients that share a target, one with two targets, one that is kept, and one whose target is a recipient as well.
Message mixed_message() {
  return to({relayed("<user@example.org>", {"NOTIFY=FAILURE"}), relayed("<two@example.org>"),
             relayed("<abroad@example.org>"), local("<third@example.com>"), relayed("<third@example.org>"),
             relayed("<User.Lastname@example.org>")});
}

std::string verdict_on(const Message& message, const std::vector<Packet>& edits) {
  return find_loss(envelope_of(message), edits, final_deliveries()).value_or("no loss");
}

/// The answer in an undisturbed exchange: how many bytes the daemon sends after the last RCPT, and the edits.
struct WholeAnswer {
  std::size_t bytes = 0;
  std::vector<Packet> edits;
};

void show_envelope(FakeMta& mta, const Message& message) {
  mta.greet();
  mta.mail(message.sender);
  for (const auto& recipient : message.recipients) mta.rcpt(recipient);
}

WholeAnswer whole_answer(const DaemonProcess& daemon, const Message& message) {
  FakeMta mta(daemon.socket());
  show_envelope(mta, message);
  const std::size_t before = mta.wire().bytes_read();
  mta.data();
  mta.end_of_message();
  WholeAnswer answer{mta.wire().bytes_read() - before, mta.edits()};
  mta.quit();
  return answer;
}

/// Sends DATA and end of message, unless the connection or the daemon is gone before. Returns the edits that were read
/// as whole packets.
std::vector<Packet> edits_until_the_end(FakeMta& mta) {
  try {
    mta.data();
    mta.end_of_message();
  } catch (const WireError& error) {
    CHECK(error.kind == WireError::Kind::closed);  // not a time-out: the end is noticed at once
  }
  return mta.edits();
}

constexpr std::size_t option_reply_without_macros = 4 + 1 + 12;  // length, command, three 32-bit words

}  // namespace

TEST_CASE("the MTA stops reading after every byte of the answer", "[wire][cut]") {
  DaemonProcess daemon;
  const Message message = mixed_message();
  const WholeAnswer whole = whole_answer(daemon, message);
  REQUIRE(verdict_on(message, whole.edits) == "no loss");
  REQUIRE(whole.edits.size() == 7);  // three additions, four deletions
  std::size_t last = 0;
  for (std::size_t bytes = 0; bytes < whole.bytes; ++bytes) {
    INFO("cut after byte " << bytes);
    FakeMta mta(daemon.socket());
    show_envelope(mta, message);
    mta.wire().flush();
    mta.wire().after_reading(bytes, [&mta] { mta.wire().close(); });
    const std::vector<Packet> edits = edits_until_the_end(mta);
    CHECK(verdict_on(message, edits) == "no loss");
    CHECK(edits.size() >= last);
    last = edits.size();
  }
  CHECK(last == whole.edits.size());
  CHECK(daemon.process().is_running());
  CHECK(whole_answer(daemon, message).edits == whole.edits);  // and the daemon still works
}

TEST_CASE("the MTA disconnects before every byte that it sends", "[wire][cut]") {
  DaemonProcess daemon;
  const Message message = mixed_message();
  const WholeAnswer whole = whole_answer(daemon, message);
  std::size_t sent = 0;
  {
    FakeMta mta(daemon.socket());
    const std::size_t before = mta.wire().bytes_put();
    show_envelope(mta, message);
    edits_until_the_end(mta);
    sent = mta.wire().bytes_put() - before;
  }
  for (std::size_t bytes = 0; bytes < sent; ++bytes) {
    INFO("gone before byte " << bytes);
    FakeMta mta(daemon.socket());
    mta.wire().cut_after_sending(bytes);
    try {
      show_envelope(mta, message);
      edits_until_the_end(mta);
    } catch (const WireError& error) {
      CHECK(error.kind == WireError::Kind::closed);
    }
    CHECK(mta.edits().empty());  // without the end of message there is no edit
  }
  CHECK(whole_answer(daemon, message).edits == whole.edits);
}

TEST_CASE("the daemon is killed after every byte of its answer", "[wire][cut][kill]") {
  const Message message = mixed_message();
  WholeAnswer whole;
  std::size_t options = 0;
  {
    DaemonProcess daemon;
    whole = whole_answer(daemon, message);
    FakeMta mta(daemon.socket());
    options = mta.wire().bytes_read();
  }
  REQUIRE(options >= option_reply_without_macros);
  std::size_t last = 0;
  std::size_t killed_too_early = 0;
  for (std::size_t bytes = 0; bytes < whole.bytes; ++bytes) {
    INFO("killed after byte " << bytes);
    Setup setup;
    setup.environment = {{"LD_PRELOAD", SHORTHOP_BINARY_DIR "/kill-after-bytes.so"},
                         {"ASAN_OPTIONS", "verify_asan_link_order=0"},
                         {"SHORTHOP_TEST_KILL_AFTER_BYTES", std::to_string(options + bytes)}};
    DaemonProcess daemon(setup);
    std::optional<FakeMta> connection;
    try {
      connection.emplace(daemon.socket());
    } catch (const WireError&) {
      // Bytes that a library sends on its own sockets are counted too, so the daemon may be killed before it answers.
      CHECK(daemon.process().wait_for_end() == SIGKILL);
      ++killed_too_early;
      continue;
    }
    FakeMta& mta = *connection;
    std::vector<Packet> edits;
    try {
      show_envelope(mta, message);
      edits = edits_until_the_end(mta);
    } catch (const WireError& error) {
      CHECK(error.kind == WireError::Kind::closed);  // the daemon was killed right after the options
    }
    CHECK(mta.wire().bytes_read() == options + bytes);  // the daemon was killed at that byte,
    CHECK(daemon.process().wait_for_end() == SIGKILL);  // and by nothing else
    CHECK(verdict_on(message, edits) == "no loss");
    CHECK(edits.size() >= last);
    last = edits.size();
  }
  CHECK(last == whole.edits.size());
  CHECK(killed_too_early <= 2);
}

TEST_CASE("a daemon that was killed serves again after a restart, despite its stale socket", "[wire][kill]") {
  DaemonProcess daemon;
  const Message message = mixed_message();
  const WholeAnswer whole = whole_answer(daemon, message);
  daemon.process().kill_now();
  CHECK_THROWS_AS(FakeMta(daemon.socket()), WireError);
  daemon.start();
  CHECK(whole_answer(daemon, message).edits == whole.edits);
}
