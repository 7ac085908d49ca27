// This host's Sendmail: the mailboxes to which it does not deliver all mail.
#include "load/host/local_sendmail.h"

#include <chrono>
#include <map>

#include "support/catch.h"
#include "unit/load/described_host.h"

namespace shorthop::test {
namespace {

constexpr const char* own_cf =
    "Cwexample.com\n"
    "Kvirtuser hash -o /etc/mail/virtusertable\n"
    "Kaccess hash -T<TMPF> /etc/mail/access\n"
    "O AliasFile=/etc/mail/aliases\n"
    "Mlocal, P=/bin/mail, F=lsDFMAw5:/|@qPn9S\n"
    "SRcpt_ok\nR<> <$*> $| <$+>\t$: <@> <$1> $| $>SearchList <+ To> $| <$2> <>\n"
    "SParse1\nR$+ < @ $=w . >\t$#local $: $1\n"
    "Slocaladdr=5\nR$+ + $*\t$#local $@ + $2 $: $1 + *\n";

/// Files with a time: a database is as new as its text, unless the name of the text is in `later`.
class DatedFiles final : public FileReader {
 public:
  std::map<std::string, std::string> texts;
  std::string later;
  std::string closed;  ///< a directory without search permission, so that stat(2) fails

  std::expected<std::string, ReadFailure> read(const std::filesystem::path& path) const override {
    return MapFiles(texts).read(path);
  }
  FileStamp stamp(const std::filesystem::path& path) const override {
    FileStamp stamp;
    stamp.may_exist = path.parent_path() == closed;
    stamp.exists = texts.contains(path.string()) && !stamp.may_exist;
    stamp.modified = FileStamp::Time(std::chrono::seconds(path == later ? 2 : 1));
    return stamp;
  }
};

struct SendmailHere {
  DatedFiles files;
  std::vector<TableName> recipients = {{"static", "x"}};
  Diagnostics warnings;

  SendmailHere() {
    files.texts[own_sendmail_cf] = own_cf;
    for (const char* name : {"virtusertable", "access", "aliases"}) put(name, "");
  }

  /// Writes a text, and beside it a database that only root may read.
  void put(const std::string& name, const std::string& text) {
    files.texts["/etc/mail/" + name] = text;
    files.texts["/etc/mail/" + name + ".db"] = "unreadable";
  }

  std::shared_ptr<const LocalHost> host() {
    Settings settings;
    settings.file = "shorthop.conf";
    settings.local_domains.value = {"example.com", "mail.example.com"};
    settings.local_recipients.value = recipients;
    TableOpener opener(files, backends);
    auto host = load_local_host(settings, files, TextPostconf(""), opener, warnings, warnings).host;
    REQUIRE(host);
    return host;
  }
  std::string obstacle(std::string_view mailbox) {
    const auto found = host()->alias_obstacle(address(mailbox), true, no_deadline);
    return found ? std::string(name_of(found->kind)) : "no";
  }
  bool may_relay_as_another_address(std::string_view recipient) {
    return host()->may_relay_as_another_address(address(recipient), no_deadline).value();
  }
};

}  // namespace

TEST_CASE("Sendmail here: a mailbox of the local mailer is not an obstacle", "[load][sendmail]") {
  SendmailHere here;
  CHECK(here.obstacle("user@example.com") == "no");
  CHECK(here.obstacle("User+box@example.com") == "no");
  CHECK(here.obstacle("user@mail.example.com") == "no");  // not in class w, but in local-domains
  CHECK(text_of(here.warnings).empty());
}

TEST_CASE("Sendmail here: an alias or a virtusertable entry that leads away, in a circle or to an error is an obstacle",
          "[load][sendmail]") {
  SendmailHere here;
  here.put("aliases",
           "office: dave, erin\nback: user@example.org\nround: trip\ntrip: round\nvacation: \\vacation, |x\n");
  here.put("virtusertable",
           "dave@example.com\tdave\nuser@example.com\tuser@example.org\ngone@example.com\terror:nouser 550 no\n"
           "sales@example.com\tback\n@mail.example.com\terror:nouser 550 no\n");
  for (const char* mailbox : {"office@example.com", "dave@example.com", "vacation@example.com", "erin@example.com"}) {
    INFO(mailbox);
    CHECK(here.obstacle(mailbox) == "no");
  }
  for (const char* mailbox :
       {"back@example.com", "user@example.com", "user+x@example.com", "sales@example.com", "round@example.com"}) {
    INFO(mailbox);
    CHECK(here.obstacle(mailbox) == "loop");
  }
  CHECK(here.obstacle("gone@example.com") == "not-followed");
  CHECK(here.obstacle("erin@mail.example.com") == "not-followed");
}

TEST_CASE("Sendmail here: an alias that ends in an unknown user is an obstacle", "[load][sendmail]") {
  SendmailHere here;
  here.put("aliases",
           "old: nosuch\nolder: old\nself: self\nlist: nosuch, erin\nquiet: \\nosuch\nfine: \\erin\nstock: sales\n");
  here.put("virtusertable", "sales@example.com\tnosuch\nshop@example.com\tfine\n");
  here.put("users", "erin\ndave@example.com\nsales@example.com\n");
  here.recipients = {{"text", "/etc/mail/users"}, {"text", "/etc/mail/aliases"}};
  for (const char* mailbox : {"erin@example.com", "dave@example.com", "fine@example.com", "shop@example.com"}) {
    INFO(mailbox);
    CHECK(here.obstacle(mailbox) == "no");
  }
  for (const char* mailbox : {"old@example.com", "older@example.com", "self@example.com", "list@example.com",
                              "quiet@example.com", "sales@example.com", "stock@example.com"}) {
    INFO(mailbox);
    CHECK(here.obstacle(mailbox) == "not-followed");
  }
}

TEST_CASE("Sendmail here: its aliases and virtusertable may pass mail on in the same transaction", "[load][sendmail]") {
  SendmailHere here;
  here.put("aliases", "office: dave, erin\nback: user@example.org\n");
  here.put("virtusertable", "sales@example.com\tback\n");
  for (const char* recipient : {"back@example.com", "sales@example.com", "back+x@example.com"}) {
    INFO(recipient);
    CHECK(here.may_relay_as_another_address(recipient));
  }
  for (const char* recipient : {"office@example.com", "erin@example.com", "someone@example.edu", "back@example.edu"}) {
    INFO(recipient);
    CHECK_FALSE(here.may_relay_as_another_address(recipient));
  }
  CHECK(here.host()->merges_copies());
}

TEST_CASE("Sendmail here: a mailbox with an alias may share a copy with another mailbox", "[load][sendmail]") {
  SendmailHere here;
  here.put("aliases", "office: dave, erin\nfrank: erin\nvacation: \\vacation\n");
  here.put("virtusertable", "sales@example.com\terin\nsame@example.com\tsame@example.com\n");
  const auto may_share = [&](const char* mailbox) {
    return here.host()->may_merge_with_another(address(mailbox), no_deadline);
  };
  for (const char* mailbox : {"office@example.com", "frank@example.com", "frank+x@example.com", "sales@example.com"}) {
    INFO(mailbox);
    CHECK(may_share(mailbox));
  }
  CHECK_FALSE(may_share("erin@example.com"));
  CHECK_FALSE(may_share("Erin+box@example.com"));
  CHECK(may_share("erin@mail.example.com"));  // for Sendmail the same recipient as erin@example.com
}

TEST_CASE("Sendmail here: FEATURE(compat_check) keeps every recipient", "[load][sendmail]") {
  SendmailHere here;
  here.files.texts["/etc/mail/sendmail.cf"] += "Scheck_compat\nR$*\t$@ ok\n";
  CHECK(here.obstacle("user@example.com") == "not-followed");
}

TEST_CASE("Sendmail here: its access map refuses a target as it would refuse mail that comes back",
          "[load][sendmail]") {
  SendmailHere here;
  here.put("access", "To:user@example.com\tERROR:5.2.1:550 closed\nTo:dave@\tDISCARD\nTo:erin@example.com\tOK\n");
  CHECK(here.obstacle("user@example.com") == "not-followed");
  CHECK(here.obstacle("dave@example.com") == "not-followed");
  CHECK(here.obstacle("erin@example.com") == "no");
}

TEST_CASE("Sendmail here: what cannot be read keeps the recipient", "[load][sendmail]") {
  SendmailHere no_map;
  no_map.files.texts["/etc/mail/virtusertable"] = "unreadable";
  CHECK(no_map.obstacle("user@example.com") == "not-followed");
  CHECK(text_of(no_map.warnings).contains("virtusertable: hash:/etc/mail/virtusertable cannot be read"));
  SendmailHere newer;
  newer.files.later = "/etc/mail/access";
  CHECK(newer.obstacle("user@example.com") == "not-followed");
  SendmailHere closed;  // stat(2) fails for its files, as for files that do not exist
  closed.files.closed = "/etc/mail/maps";
  closed.files.texts[own_sendmail_cf] += "O AliasFile=/etc/mail/maps/aliases\n";
  for (const char* name : {"maps/aliases", "maps/aliases.db"})
    closed.files.texts["/etc/mail/" + std::string(name)] = "unreadable";
  CHECK(closed.obstacle("user@example.com") == "not-followed");
  CHECK(text_of(closed.warnings).contains("hash:/etc/mail/maps/aliases cannot be read"));
  SendmailHere no_switch;
  no_switch.files.texts["/etc/mail/service.switch"] = "unreadable";
  CHECK(no_switch.obstacle("user@example.com") == "not-followed");
  SendmailHere no_cf;
  no_cf.files.texts[own_sendmail_cf] = "unreadable";
  CHECK(no_cf.obstacle("user@example.com") == "not-followed");
  CHECK(text_of(no_cf.warnings).contains("/etc/mail/sendmail.cf: warning: permission denied: every recipient is kept"));
  SendmailHere other_rules;
  other_rules.files.texts[own_sendmail_cf] += "SParseLocal=98\nR$* < @ x.example > $*\t$#local $: x\n";
  CHECK(other_rules.obstacle("user@example.com") == "not-followed");
  CHECK(text_of(other_rules.warnings).contains("every recipient is kept"));
}

TEST_CASE("Sendmail here: without a database an optional map is empty, and aliases are read as text",
          "[load][sendmail]") {
  SendmailHere here;
  here.files.texts.erase("/etc/mail/virtusertable");
  here.files.texts.erase("/etc/mail/virtusertable.db");
  here.files.texts.erase("/etc/mail/aliases.db");
  here.files.texts["/etc/mail/aliases"] = "back: user@example.org\n";
  CHECK(here.obstacle("user@example.com") == "no");
  CHECK(here.obstacle("back@example.com") == "loop");
  SendmailHere only_text;
  only_text.files.texts.erase("/etc/mail/virtusertable.db");
  CHECK(only_text.obstacle("user@example.com") == "not-followed");
}

}  // namespace shorthop::test
