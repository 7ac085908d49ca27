// reject-unknown by wire: the daemon's only refusal, and when the MTA is asked to wait for replies to RCPT.
#include <libmilter/mfdef.h>

#include <fstream>

#include "support/catch.h"
#include "support/daemon_process.h"
#include "wire/messages.h"

using namespace shorthop::test;

namespace {

constexpr const char* refusal = "550 5.1.1 Recipient address rejected: user unknown at the primary MX";

/// A relay with a mirror whose primary knows info@example.org and no other address.
DaemonProcess daemon_with(const std::string& relay) {
  return DaemonProcess([&relay](const std::filesystem::path& directory, const std::string& main_settings) {
    const auto put = [&](const std::string& name, const std::string& text) {
      std::filesystem::create_directories((directory / name).parent_path());
      std::ofstream(directory / name) << text;
    };
    put("shorthop.conf", main_settings +
                             "postfix-config = none\nlocal-domains = example.com\n"
                             "local-recipients = inline:{ user=x }\n");
    put("relay.d/example.org.conf",
        "domains = example.org\nprimary = 192.0.2.10\nmirror = ../mirror\narrives-here = example.com\n" + relay);
    put("mirror/postconf",
        "compatibility_level = 3.6\nmyhostname = mail.example.org\nmydestination = example.org\n"
        "myorigin = $mydestination\nalias_maps = hash:/etc/aliases\nvirtual_alias_maps =\n"
        "local_recipient_maps = unix:passwd.byname $alias_maps\n");
    put("mirror/master", "smtp inet n - y - - smtpd\ncleanup unix n - y - 0 cleanup\n");
    put("mirror/files/etc/aliases", "info: user@example.com\n");
    put("mirror/listed/unix:passwd.byname", "root\tx:0:0::/root:\n");
    put("mirror/manifest", "enumerable = unix:passwd.byname\n");
    put("mirror/stamp", "");
  });
}

}  // namespace

TEST_CASE("an unknown recipient is refused at RCPT, the other recipients of its message are not", "[wire][reject]") {
  auto daemon = daemon_with("mode = rewrite\nreject-unknown = yes\n");
  FakeMta mta(daemon.socket());
  CHECK((mta.negotiated().steps & SMFIP_NR_RCPT) == 0);
  mta.greet();
  const Treatment treatment =
      mta.send(to({relayed("<nosuch@example.org>"), relayed("<info@example.org>"), relayed("<no@example.org>")}));
  CHECK(treatment.refused == Lines{refusal, refusal});
  CHECK(treatment.lines() ==
        Lines{"add <user@example.com> ORCPT=rfc822;info@example.org", "delete <info@example.org>"});
  const std::string line = daemon.wait_for_log("recipient=<nosuch@example.org>");
  CHECK(line.find("decision=reject reason=unknown-recipient") != std::string::npos);
  CHECK(line.ends_with(" refused=yes"));
  CHECK_NOTHROW(mta.quit());
}

TEST_CASE("a message whose recipients were all refused leaves nothing behind in the session", "[wire][reject]") {
  auto daemon = daemon_with("mode = rewrite\nreject-unknown = yes\n");
  FakeMta mta(daemon.socket());
  mta.greet();
  mta.mail({"<sender@example.net>"});
  CHECK(mta.rcpt(relayed("<nosuch@example.org>"))->text.starts_with(refusal));
  mta.abort();
  const Treatment next = mta.send(to({relayed("<info@example.org>")}));
  CHECK(next.refused.empty());
  CHECK(next.lines().size() == 2);
  CHECK_NOTHROW(mta.quit());
}

TEST_CASE("nothing is refused in mode observe, without the setting, or for mail of sendmail(1)", "[wire][reject]") {
  auto recipient = relayed("<nosuch@example.org>");
  std::string relay = "mode = rewrite\nreject-unknown = yes\n";
  std::string said = "decision=reject reason=unknown-recipient";
  bool waits = false;
  SECTION("observe") { relay = "mode = observe\nreject-unknown = yes\n"; }
  SECTION("rewrite-only another recipient") {
    relay += "rewrite-only = info@example.org\n";
    waits = true;
  }
  SECTION("off") {
    relay = "mode = rewrite\n";
    said = "decision=keep reason=unknown-recipient";
  }
  SECTION("no mailer") {
    recipient.macros["{rcpt_mailer}"] = "";
    said = "decision=keep reason=not-followed";
    waits = true;
  }
  auto daemon = daemon_with(relay);
  FakeMta mta(daemon.socket());
  CHECK(((mta.negotiated().steps & SMFIP_NR_RCPT) == 0) == waits);
  mta.greet();
  const Treatment treatment = mta.send(to({recipient}));
  CHECK(treatment.refused.empty());
  CHECK(treatment.edits.empty());
  const std::string line = daemon.wait_for_log("recipient=<nosuch@example.org>");
  CHECK(line.find(said) != std::string::npos);
  CHECK_FALSE(line.ends_with("refused=yes"));
  CHECK_NOTHROW(mta.quit());
}

TEST_CASE("a relay that begins to refuse does not refuse in sessions where the MTA waits for no reply to RCPT",
          "[wire][reject]") {
  auto daemon = daemon_with("mode = rewrite\n");
  FakeMta mta(daemon.socket());
  mta.greet();
  daemon.write("relay.d/example.org.conf",
               "domains = example.org\nprimary = 192.0.2.10\nmirror = ../mirror\narrives-here = example.com\n"
               "mode = rewrite\nreject-unknown = yes\n");
  REQUIRE(daemon.tool({"reload"}) == 0);
  const Treatment treatment = mta.send(to({relayed("<nosuch@example.org>")}));
  CHECK(treatment.refused.empty());
  CHECK(daemon.wait_for_log("recipient=<nosuch@example.org>").ends_with(" refused=no"));
  FakeMta next(daemon.socket());
  next.greet();
  CHECK(next.send(to({relayed("<nosuch@example.org>")})).refused == Lines{refusal});
}
