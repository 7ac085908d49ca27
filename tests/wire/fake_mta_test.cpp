// Tests the fake MTA itself against a milter that sends prepared bytes: it must notice every fault.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>

#include "support/catch.h"
#include "support/child_process.h"
#include "wire/messages.h"

using namespace shorthop::test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t no_reply_to_rcpt = 0x8000;  // SMFIP_NR_RCPT
constexpr std::uint32_t only_rcpt_and_end = 0x377;  // FACTS, macros: RCPT and end of message only

std::string options(std::uint32_t version, std::uint32_t actions, std::uint32_t steps, const std::string& macros = "") {
  return framed('O', network_long(version) + network_long(actions) + network_long(steps) + macros);
}

/// A milter that accepts one connection, sends some bytes at once, and others when it receives the end of the message.
class ScriptedMilter {
 public:
  explicit ScriptedMilter(std::string bytes, bool hangs_up = false, std::string at_end_of_message = "") {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = (directory_.path() / "s").string();
    std::copy(path.begin(), path.end(), address.sun_path);
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_, 1) == 0);
    thread_ = std::jthread([this, hangs_up, first = std::move(bytes), last = std::move(at_end_of_message)] {
      const int fd = ::accept(listener_, nullptr, nullptr);
      std::array<char, 4096> chunk;
      std::string seen;
      ::send(fd, first.data(), first.size(), MSG_NOSIGNAL);
      while (!hangs_up && !seen.ends_with(framed('Q'))) {  // libmilter closes after QUIT
        const ssize_t count = ::recv(fd, chunk.data(), chunk.size(), 0);
        if (count <= 0) break;
        seen.append(chunk.data(), static_cast<std::size_t>(count));
        if (seen.ends_with(framed('E'))) ::send(fd, last.data(), last.size(), MSG_NOSIGNAL);
      }
      ::close(fd);
    });
  }
  ~ScriptedMilter() {
    ::shutdown(listener_, SHUT_RDWR);
    ::close(listener_);
  }
  ScriptedMilter(const ScriptedMilter&) = delete;
  ScriptedMilter& operator=(const ScriptedMilter&) = delete;
  ScriptedMilter(ScriptedMilter&&) = delete;
  ScriptedMilter& operator=(ScriptedMilter&&) = delete;
  std::string name() const { return "unix:" + (directory_.path() / "s").string(); }

 private:
  TemporaryDirectory directory_;
  int listener_ = -1;
  std::jthread thread_;
};

WireError::Kind wire_error_of(const std::string& milter, const Message& message) {
  try {
    FakeMta mta(milter, {}, 200ms);
    mta.greet();
    mta.send(message);
    mta.quit();
  } catch (const WireError& error) {
    return error.kind;
  }
  FAIL("nothing was noticed");
  return {};
}

}  // namespace

TEST_CASE("the fake MTA reads options, macro lists, edits in order and the verdict", "[wire][fake-mta]") {
  const ScriptedMilter milter(
      options(6, 0x18c, only_rcpt_and_end | no_reply_to_rcpt, network_long(3) + "{rcpt_mailer} i" + '\0') +
      framed('2', std::string("<a@b>\0ORCPT=x\0", 14)) + framed('p') + framed('-', std::string("<c@d>\0", 6)) +
      framed('a'));
  FakeMta mta(milter.name());
  CHECK(mta.negotiated().actions == 0x18c);
  CHECK(mta.negotiated().macros.at(Stage::rcpt) == "{rcpt_mailer} i");
  const Treatment treatment = mta.send(to({relayed("<c@d>")}));
  CHECK(treatment.lines() == Lines{"add <a@b> ORCPT=x", "delete <c@d>"});
  CHECK(treatment.verdict == 'a');
  CHECK_FALSE(treatment.accepted_at_data);
  CHECK_NOTHROW(mta.quit());
}

TEST_CASE("the fake MTA notices a reply to RCPT although none was negotiated", "[wire][fake-mta]") {
  const ScriptedMilter milter(options(6, 0, only_rcpt_and_end | no_reply_to_rcpt) + framed('c') + framed('c'));
  FakeMta mta(milter.name());
  mta.send(to({relayed("<c@d>")}));            // the superfluous reply is taken for the one to end of message …
  CHECK_THROWS_AS(mta.quit(), ProtocolError);  // … and the real one is left over
}

TEST_CASE("the fake MTA notices a missing reply, a closed connection and a packet of length 0", "[wire][fake-mta]") {
  CHECK(wire_error_of(ScriptedMilter(options(6, 0, only_rcpt_and_end)).name(), to({relayed("<c@d>")})) ==
        WireError::Kind::timeout);
  CHECK(wire_error_of(ScriptedMilter(options(6, 0, only_rcpt_and_end), true).name(), to({relayed("<c@d>")})) ==
        WireError::Kind::closed);
  CHECK(wire_error_of(ScriptedMilter(options(6, 0, only_rcpt_and_end) + network_long(0)).name(),
                      to({relayed("<c@d>")})) == WireError::Kind::bad_packet);
}

TEST_CASE("the fake MTA notices an edit before end of message", "[wire][fake-mta]") {
  const ScriptedMilter milter(options(6, 0x18c, only_rcpt_and_end) + framed('-', std::string("<c@d>\0", 6)));
  FakeMta mta(milter.name());
  CHECK_THROWS_AS(mta.send(to({relayed("<c@d>")})), ProtocolError);
}

TEST_CASE("the fake MTA notices options that it did not offer", "[wire][fake-mta]") {
  const ScriptedMilter actions(options(6, 0x18c, 0));
  CHECK_THROWS_AS(FakeMta(actions.name(), Offer::of_version(2)), ProtocolError);
  const ScriptedMilter steps(options(2, 0, no_reply_to_rcpt));
  CHECK_THROWS_AS(FakeMta(steps.name(), Offer::of_version(2)), ProtocolError);
  const ScriptedMilter version(options(6, 0, 0));
  CHECK_THROWS_AS(FakeMta(version.name(), Offer::of_version(4)), ProtocolError);
}

TEST_CASE("the fake MTA cuts the connection at the given byte", "[wire][fake-mta]") {
  const std::string edit = framed('-', std::string("<c@d>\0", 6));
  const ScriptedMilter milter(options(6, 0x18c, only_rcpt_and_end | no_reply_to_rcpt), false,
                              edit + edit + framed('a'));
  FakeMta mta(milter.name());
  const std::size_t before = mta.wire().bytes_read();
  mta.wire().after_reading(edit.size() + 2, [&] { mta.wire().close(); });
  CHECK_THROWS_AS(mta.send(to({relayed("<c@d>")})), WireError);
  CHECK(mta.edits().size() == 1);
  CHECK(mta.wire().bytes_read() - before == edit.size() + 2);
}
