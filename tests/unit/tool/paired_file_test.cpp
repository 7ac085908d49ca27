// The text that shorthop pair writes into relay files, and how it finds exactly this text again.
#include "tool/pair/paired_file.h"

#include <string>

#include "support/catch.h"
#include "tool/pair/primary_name.h"
#include "tool/pair/pull_timer.h"

namespace shorthop::test {
namespace {

using tool::drop_in_for;
using tool::is_new_relay_text;
using tool::new_relay_text;
using tool::parse_primary;
using tool::with_pull;
using tool::without_pull;

const SshAccount account{"shorthop-export", "mail.example.org", 22};
const std::string hand_made =
    "domains = example.org\nprimary = mail.example.org\nmirror = /var/lib/shorthop/example.org\n";

std::string new_text() { return new_relay_text({"example.org"}, "mail.example.org", "/var/lib/shorthop/example.org"); }

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST_CASE("pull is added to a file and removed from it, and nothing else changes", "[tool][pair]") {
  const std::string text = with_pull(hand_made, account, false);
  CHECK(text.ends_with("\npull = ssh://shorthop-export@mail.example.org\n"));
  CHECK(without_pull(text).text == hand_made);
  CHECK(without_pull(text).has_changed);
  CHECK_FALSE(without_pull(text).made_mirror);
  CHECK(without_pull(with_pull(hand_made, account, true)).made_mirror);
  CHECK(without_pull(text + "mode = rewrite\n").text == hand_made + "mode = rewrite\n");
}

TEST_CASE("systemd.exec(5): a mirror outside of the data directory needs ReadWritePaths", "[tool][pair]") {
  CHECK(drop_in_for("/var/lib/shorthop/example.org").empty());
  CHECK(drop_in_for("/var/lib/shorthop/a/b").empty());
  CHECK(drop_in_for("/var/lib/shorthop/../example.org").ends_with("\n[Service]\nReadWritePaths=\"/var/lib\"\n"));
  CHECK(drop_in_for("/var/lib/shorthop2/example.org").ends_with("=\"/var/lib/shorthop2\"\n"));
  CHECK(drop_in_for("/srv/a \"b\\%/example.org").ends_with("=\"/srv/a \\\"b\\\\%%\"\n"));
}

TEST_CASE("a setting pull that the postmaster wrote is not removed", "[tool][pair]") {
  const std::string own = hand_made + "pull = ssh://backup@mail.example.org\n";
  CHECK(without_pull(own).text == own);
  CHECK_FALSE(without_pull(own).has_changed);
  const std::string marked = replaced(with_pull(hand_made, account, false), "pull = ssh://", "max-age = 48h # ssh://");
  CHECK(without_pull(marked).text.contains("max-age = 48h"));
}

TEST_CASE("a port and an IPv6 address are written as pull takes them", "[tool][pair]") {
  CHECK(tool::text_of({"u", "mail.example.org", 2222}) == "ssh://u@mail.example.org:2222");
  CHECK(tool::text_of({"u", "2001:db8::1", 22}) == "ssh://u@[2001:db8::1]");
  CHECK(tool::text_of({"u", "2001:db8::1", 2222}) == "ssh://u@[2001:db8::1]:2222");
}

TEST_CASE("a new file is recognised later if at most mode and max-age were changed", "[tool][pair]") {
  const std::string text = new_text();
  CHECK(is_new_relay_text(text));
  CHECK(is_new_relay_text(without_pull(with_pull(text, account, true)).text));
  CHECK(is_new_relay_text(replaced(text, "= observe", "= rewrite")));
  CHECK(is_new_relay_text(replaced(text, "mode    = observe\n", "") + "max-age = 5s\nmode = rewrite\n"));
  CHECK_FALSE(is_new_relay_text(text + "split = yes\n"));
  CHECK_FALSE(is_new_relay_text(replaced(text, "example.org", "example.net")));
  CHECK_FALSE(is_new_relay_text(hand_made));
}

TEST_CASE("the primary is a host, with the port of its sshd or without", "[tool][pair]") {
  const auto parsed = [](const std::string& text) {
    const auto primary = parse_primary(text);
    if (!primary) return std::string("wrong");
    return primary->bracketed() + (primary->port ? " " + std::to_string(*primary->port) : "");
  };
  CHECK(parsed("Mail.Example.ORG.") == "mail.example.org");
  CHECK(parsed("mail.example.org:2222") == "mail.example.org 2222");
  CHECK(parsed("192.0.2.1") == "192.0.2.1");
  CHECK(parsed("2001:db8::1") == "[2001:db8::1]");
  CHECK(parsed("[2001:db8::1]") == "[2001:db8::1]");
  CHECK(parsed("[2001:db8::1]:2222") == "[2001:db8::1] 2222");
  for (const char* wrong : {"", "root@mail.example.org", "-x", "a b", "mail:0", "mail:x", "1:2:x", "[::1", "$(id)"}) {
    CHECK(parsed(wrong) == "wrong");
  }
}

}  // namespace
}  // namespace shorthop::test
