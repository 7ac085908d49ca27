// How the features of cf/README appear in a sendmail.cf, and which recipients they concern.
#include "load/mirror/primary_sendmail.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "support/catch.h"
#include "support/map_files.h"
#include "support/table_texts.h"
#include "tables/open.h"

namespace shorthop::test {
namespace {

// What m4 writes for OSTYPE(debian), use_cw_file, virtusertable, MAILER(local) and MAILER(smtp), as far as it is read.
constexpr std::string_view stock =
    "Cwlocalhost\n"
    "Fw/etc/mail/local-host-names %[^\\#]\n"
    "CO @ % !\n"
    "DS\n"
    "Kvirtuser hash /etc/mail/virtusertable\n"
    "O AliasFile=/etc/mail/aliases\n"
    "O ForwardPath=$z/.forward.$w:$z/.forward\n"
    "O OperatorChars=.:%@!^/[]+\n"
    "Mlocal,\tP=/usr/sbin/sensible-mda, F=lsDFMAw5:/|@qPn9S, S=EnvFromL\n";
constexpr std::string_view canonify =
    "SCanonify2=96\n"
    "R$* < @@ $+ > $*\t\t$@ $1 < @ $2 > $3\tcanon IP addr\n";
constexpr std::string_view canonify_end = "R$* < @ $+ . UUCP > $*\t$: $1 < @ $[ $2 $] . UUCP . > $3\n";
constexpr std::string_view parse1 =
    "SParse1\n"
    "R$=L < @ $=w . >\t$#local $: @ $1\tspecial local names\n"
    "R$+ < @ $=w . >\t\t$#local $: $1\tregular local name\n";
constexpr std::string_view sticky_parse1 =
    "SParse1\n"
    "R$+ < @ $=w . >\t\t$: < $H > $1 < @ $2 . >\tfirst try hub\n";
constexpr std::string_view localaddr =
    "SLocal_localaddr\n"
    "Slocaladdr=5\n"
    "R$+ + *\t\t\t$#local $@ $&h $: $1\n"
    "R$+ + $*\t\t$#local $@ + $2 $: $1 + *\n";

std::string cf_with(std::string_view lines) {
  return fmt::format("{}{}{}{}{}{}", stock, lines, canonify, canonify_end, parse1, localaddr);
}

const MapFiles copies({{"/etc/mail/local-host-names",
                        "example.org\nmail # its short name\nLists.Example.ORG\nlocalhost.example.org\n"},
                       {"/etc/mail/virtdomains", "virtual.example\n"},
                       {"/etc/mail/nis.switch", "passwd files\naliases\tnis files # ours\n"},
                       {"/etc/mail/files.switch", "# none\nhosts dns files\naliases files\n"},
                       {"/etc/mail/empty.switch", ""}});

RelaySettings relay() {
  RelaySettings relay;
  relay.domains.value = {"example.org"};
  relay.primary.value = "mail.example.org";
  return relay;
}

struct Read {
  Diagnostics warnings;
  SendmailFacts facts;

  explicit Read(std::string_view text, const RelaySettings& settings = relay())
      : facts(facts_from_sendmail_cf(
            parse_sendmail_cf(text), "sendmail.cf", settings, [](std::string_view path) { return copies.read(path); },
            warnings)) {}
};

/// "concern: sentence", one per line.
std::string obstacles(std::string_view text) {
  static constexpr const char* concerns[] = {"every_address", "local_address", "plus_detail", "not_whole_alias",
                                             "not_alias",     "not_own_user",  "not_user",    "outbound"};
  std::string shown;
  for (const SendmailObstacle& obstacle : Read(text).facts.sendmail.obstacles) {
    if (!shown.empty()) shown += '\n';
    shown += fmt::format("{}: {}", concerns[static_cast<int>(obstacle.concern)], obstacle.why);
    if (obstacle.kind == LeafKind::not_mirrored) shown += " (not mirrored)";
  }
  return shown;
}

std::string shown(const std::vector<SendmailTable>& tables) {
  std::string text;
  for (const SendmailTable& table : tables) {
    if (!text.empty()) text += ", ";
    text += table.name;
    if (!table.not_followed.empty()) text += fmt::format(" ({})", table.not_followed);
  }
  return text;
}

/// A primary of whose files there are no copies. Records the tables that are opened.
class FilesAsked final : public PrimaryFiles {
 public:
  std::shared_ptr<const Table> open(const std::string& table, std::string_view parameter) override {
    asked += fmt::format(" {}={}", parameter, table);
    return failing_table(table, "no copy", FailureKind::not_mirrored);
  }
  void read_as_aliases(const std::vector<std::string>&) override {}
  const FileReader& reader() const override { return files_; }
  bool is_mirror() const override { return true; }
  std::string asked;

 private:
  MapFiles files_;
};

std::string words_of(const DomainSet& words) { return fmt::format("{}", fmt::join(words, " ")); }
std::string words_of(const MatchList& domains) {
  const auto names = domains.names();
  return words_of(DomainSet(names.begin(), names.end()));
}

}  // namespace

TEST_CASE("cf/README: no recipient is kept because of a stock sendmail.cf", "[load][sendmail]") {
  const Read read(cf_with(""));
  CHECK(obstacles(cf_with("")).empty());
  CHECK(read.warnings.empty());
  CHECK(words_of(read.facts.rules.local_domains) == "example.org lists.example.org");
  CHECK(words_of(Read(cf_with("DjMail.Example.ORG\n")).facts.rules.local_domains) ==
        "example.org lists.example.org mail.example.org");
  CHECK(words_of(Read(cf_with("Dj$w.example.org\n")).facts.rules.local_domains) == "example.org lists.example.org");
  CHECK(words_of(read.facts.rules.domains_to_be_listed).empty());
  CHECK(read.facts.rules.myorigin == "example.org");
  CHECK(shown(read.facts.tables.virtual_aliases) == "hash:/etc/mail/virtusertable");
  CHECK(shown(read.facts.tables.aliases) == "hash:/etc/mail/aliases");
  CHECK(read.facts.rules.forward_path.plain);
  CHECK_FALSE(read.facts.rules.forward_path.with_extension);
  CHECK(shown(read.facts.tables.mailertable).empty());
  CHECK(shown(read.facts.tables.access).empty());
}

TEST_CASE("cf/README: hubs, relays and user databases keep the recipients that they may take", "[load][sendmail]") {
  CHECK(obstacles(cf_with("DHhub.example\n")) ==
        "not_own_user: the primary's MAIL_HUB (macro H) takes names without an alias");
  CHECK(obstacles(cf_with("DRrelay.example\n")) ==
        "not_own_user: the primary's LOCAL_RELAY (macro R) takes names without an alias");
  CHECK(obstacles(cf_with("DLlocal:joe\n")) ==
        "not_user: the primary's LUSER_RELAY (macro L) takes names that are not users");
  CHECK(obstacles(cf_with("DLerror:5.1.1:\"550 no\"\n")).empty());
  CHECK(obstacles(cf_with("DSsmtp:smart.example\n")) ==
        "outbound: the primary's SMART_HOST (macro S) takes mail for other hosts");
  CHECK(obstacles(cf_with("O UserDatabaseSpec=/etc/mail/userdb.db\n")) ==
        "not_whole_alias: the primary's user database (UserDatabaseSpec) may have names without an alias");
  CHECK(obstacles(cf_with("O MatchGECOS=True\n")) ==
        "not_user: the primary finds users by their full name (MatchGECOS)");
  CHECK(words_of(Read(cf_with("C{L}root Admin\n")).facts.sendmail.own_users) == "admin root");
}

TEST_CASE("cf/README: FEATURE(stickyhost), other local rules and flags of the local mailer keep recipients",
          "[load][sendmail]") {
  const std::string sticky = fmt::format("{}DHhub.example\n{}{}", stock, sticky_parse1, localaddr);
  CHECK(obstacles(sticky) ==
        "local_address: the primary's MAIL_HUB (macro H) takes addresses in its domains (FEATURE(stickyhost))\n"
        "not_own_user: the primary's MAIL_HUB (macro H) takes names without an alias");
  CHECK(obstacles(fmt::format("{}{}", stock, localaddr)) ==
        "every_address: sendmail.cf delivers to local users by other rules than those that m4 makes");
  CHECK(obstacles(cf_with("Mlocal, P=[IPC], F=lsw5\n")) ==
        "every_address: the primary's local mailer has no aliases (no A in F=)");
  CHECK(obstacles(cf_with("Mlocal, P=[IPC], F=lsAw\n")) ==
        "plus_detail: the primary's local mailer does not pass names through ruleset 5 (no 5 in F=)");
  CHECK(Read(cf_with("")).facts.sendmail.checks_users);
  CHECK_FALSE(Read(cf_with("Mlocal, P=[IPC], F=lsA5\n")).facts.sendmail.checks_users);
  CHECK(obstacles(fmt::format("{}{}", stock, parse1)) ==
        "plus_detail: the primary does not look up user+detail as user (FEATURE(preserve_local_plus_detail))");
}

TEST_CASE("cf/README: the postmaster's own rules keep the recipients that they may concern", "[load][sendmail]") {
  const std::string with_rule_3 = fmt::format("{}{}R$* < @ x.example > $*\t$: $1 < @ y.example > $2\n{}{}{}", stock,
                                              canonify, canonify_end, parse1, localaddr);
  CHECK(obstacles(with_rule_3) == "every_address: the primary has LOCAL_RULE_3");
  CHECK(obstacles(cf_with("SParseLocal=98\nR$* < @ x.example > $*\t$#local $: x\n")) ==
        "every_address: the primary has LOCAL_RULE_0");
  CHECK(obstacles(cf_with("SParseLocal=98\nR$* < @ $+ .REDIRECT. >\t$: $1 < @ $2 . REDIRECT . > < ${opMode} >\n"))
            .empty());
  CHECK(obstacles(cf_with("SLocal_localaddr\nR$*\t$#local $: five\n")) ==
        "not_whole_alias: the primary has rules in Local_localaddr");
  CHECK(obstacles(cf_with("Srecipient=2\nR$* x $*\t$: $1 y $2\n")) == "outbound: the primary has LOCAL_RULE_2");
  CHECK(obstacles(cf_with("O OperatorChars=.:%@!^/[]+-\n")) ==
        "every_address: the primary's OperatorChars are not Sendmail's own");
  CHECK(obstacles(cf_with("CO -\n")) == "every_address: the primary's class O is not Sendmail's own");
  CHECK(Read(cf_with("CO -\n")).warnings.size() == 1);
  CHECK(obstacles(cf_with("O AliasF=/etc/lists\n")) ==
        "every_address: the primary's sendmail.cf abbreviates the name of an option: aliasf");
}

TEST_CASE("cf/README: FEATURE(bcc) with the access map has no bcctable", "[load][sendmail]") {
  CHECK(obstacles(cf_with("O AddBcc=true\n")) ==
        "every_address: the primary sends copies that no bcctable shows (AddBcc)");
  CHECK(obstacles(cf_with("Kbcctable hash /etc/mail/bcctable\nO AddBcc=true\n")).empty());
}

TEST_CASE("a word of class w that ends with a dot matches no address", "[load][sendmail]") {
  CHECK(words_of(Read(cf_with("Cwold.example.\n")).facts.rules.local_domains) == "example.org lists.example.org");
}

TEST_CASE("op.me: class w is also read from macros and classes, and a source that is not here is named",
          "[load][sendmail]") {
  const Read read(
      cf_with("C{w}more.example $j $=V $={VirtHost}\nCVinner.example $=w\nF{VirtHost}/etc/mail/virtdomains\n"));
  CHECK(words_of(read.facts.rules.local_domains) ==
        "example.org inner.example lists.example.org more.example virtual.example");
  CHECK(obstacles(cf_with("Fw|/usr/bin/domains\n")) ==
        "outbound: domains of the primary's class w are not here: |/usr/bin/domains (not mirrored)");
  CHECK(obstacles(cf_with("Cw$m\n")) == "outbound: domains of the primary's class w are not here: $m (not mirrored)");
  CHECK(obstacles(cf_with("Fw/etc/mail/elsewhere\n")) ==
        "outbound: domains of the primary's class w are not here: /etc/mail/elsewhere (not mirrored)");
  CHECK_FALSE(obstacles(cf_with("Fw-o /etc/mail/elsewhere\n")).empty());
  RelaySettings other = relay();
  other.domains.value = {"example.org", "other.example"};
  CHECK(words_of(Read(cf_with(""), other).facts.rules.domains_to_be_listed) == "other.example");
}

TEST_CASE("cf/README: the domains of VIRTUSER_DOMAIN and LDAPROUTE_DOMAIN are read, and a missing file is named",
          "[load][sendmail]") {
  const Read read(
      cf_with("C{VirtHost}V1.example\nF{VirtHost}/etc/mail/virtdomains\nC{LDAPRoute}a.example\n"
              "C{LDAPRouteEquiv}b.example\n"));
  CHECK(words_of(read.facts.sendmail.virtual_domains) == "v1.example virtual.example");
  CHECK(words_of(read.facts.sendmail.ldap_domains) == "a.example b.example");
  CHECK_FALSE(read.facts.sendmail.virtual_subdomains);
  CHECK(Read(cf_with("SParse1\nR<!> $+ < @ $* $={VirtHost} . >\t$: < $(virtuser $1 $) >\n"))
            .facts.sendmail.virtual_subdomains);
  CHECK(obstacles(cf_with("F{LDAPRoute}/etc/mail/ldapdomains\n")) ==
        "every_address: domains of the primary's virtusertable or LDAP routing are not here: /etc/mail/ldapdomains "
        "(not mirrored)");
}

TEST_CASE(
    "cf/README: the tables of the features have names like tables of Postfix, or a reason why they are not followed",
    "[load][sendmail]") {
  const Read read(
      cf_with("Kmailertable hash -o /etc/mail/mailertable.db\n"
              "Kdomaintable dbm /etc/mail/domaintable\n"
              "Kbcctable hash -f /etc/mail/bcctable\n"
              "Kaccess hash -T<TMPF> /etc/mail/access\n"
              "Kvirtuser ldap -k (mail=%0)\n"
              "O AliasFile=hash: -o /etc/lists\n"));
  CHECK(shown(read.facts.tables.mailertable) == "hash:/etc/mail/mailertable");
  CHECK(shown(read.facts.tables.domaintable) == "dbm:/etc/mail/domaintable");
  CHECK(shown(read.facts.tables.bcctable) == "hash:/etc/mail/bcctable (the flag -f of its map is not followed)");
  CHECK(shown(read.facts.tables.virtual_aliases) == "ldap:(mail=%0) (maps of the type ldap cannot be copied)");
  CHECK(shown(read.facts.tables.aliases) == "hash:/etc/mail/aliases, hash:/etc/lists");
  CHECK(shown(read.facts.tables.access).empty());
  CHECK(shown(Read(cf_with("Kaccess hash -T<TMPF> /etc/mail/access\nSRcpt_ok\n"
                           "R<> <$*> $| <$+>\t$: <@> <$1> $| $>SearchList <+ To> $| <$2> <>\n"))
                  .facts.tables.access) == "hash:/etc/mail/access");
}

TEST_CASE("apply_sendmail_facts() opens the copies of the tables that a sendmail.cf names", "[load][sendmail]") {
  Primary primary;
  FilesAsked files;
  apply_sendmail_facts(
      Read(cf_with("Kmailertable hash /etc/mail/mailertable\nO AliasFile=nis:mail.aliases\nDShub.example\n")).facts,
      files, primary);
  CHECK(files.asked ==
        " mailertable=hash:/etc/mail/mailertable virtusertable=hash:/etc/mail/virtusertable"
        " AliasFile=hash:/etc/mail/aliases");
  REQUIRE(primary.sendmail != nullptr);
  CHECK(primary.sendmail->obstacles.size() == 1);
  CHECK(primary.sendmail->mailertable.tables().size() == 1);
  REQUIRE(primary.aliases.tables().size() == 2);
  const Lookup by_nis = primary.aliases.tables().back()->find("ann");
  REQUIRE_FALSE(by_nis.has_value());
  CHECK(by_nis.error().kind == FailureKind::not_mirrored);
  CHECK(by_nis.error().text().contains("maps of the type nis cannot be copied"));
}

TEST_CASE("op.me, ServiceSwitchFile: other sources of aliases than files are not known", "[load][sendmail]") {
  const auto aliases_with = [](std::string_view lines) { return shown(Read(cf_with(lines)).facts.tables.aliases); };
  const std::string files = "hash:/etc/mail/aliases";
  CHECK(aliases_with("") == files);
  CHECK(aliases_with("O ServiceSwitchFile=/etc/mail/files.switch\n") == files);
  CHECK(aliases_with("O ServiceSwitchFile=/etc/mail/empty.switch\n") == files);
  CHECK(aliases_with("O ServiceSwitchFile=/etc/mail/nis.switch\n") ==
        "ServiceSwitchFile (it may have other aliases: /etc/mail/nis.switch names nis), " + files);
  CHECK(aliases_with("O ServiceSwitchFile=/etc/elsewhere\n") ==
        "ServiceSwitchFile (it may have other aliases: its service switch /etc/elsewhere is not here), " + files);
  CHECK(aliases_with("Kaliases.ours hash -o /etc/mail/ours\n") ==
        "ServiceSwitchFile (it may have other aliases: its map aliases.ours), " + files);
}

TEST_CASE("op.me, ForwardPath: only ~/.forward and ~/.forward+detail are copied", "[load][sendmail]") {
  const auto searched = [](std::string_view value) {
    const ForwardPath path = Read(cf_with(fmt::format("O ForwardPath={}\n", value))).facts.rules.forward_path;
    return fmt::format("{}{}", path.with_extension ? "detail " : "", path.plain ? "plain" : "");
  };
  CHECK(searched("$z/.forward.$w+$h:$z/.forward+$h:$z/.forward.$w:$z/.forward") == "detail plain");
  CHECK(searched("$z/.forward") == "plain");
  CHECK(searched("").empty());
  CHECK(obstacles(cf_with("O ForwardPath=/var/forward/$u:$z/.forward\n")) ==
        "not_alias: the primary's ForwardPath has /var/forward/$u, which is not followed");
  CHECK(obstacles(cf_with("O ForwardPath=$z/.forward:$z/.forward+$h\n")) ==
        "not_alias: the primary's ForwardPath has $z/.forward+$h, which is not followed");
}

TEST_CASE("op.me, MaxAliasRecursion: never more than its default is followed", "[load][sendmail]") {
  CHECK(Read(cf_with("O MaxAliasRecursion=5\n")).facts.sendmail.alias_recursion == 5);
  CHECK(Read(cf_with("O MaxAliasRecursion=500\n")).facts.sendmail.alias_recursion == 10);
  CHECK(Read(cf_with("O MaxAliasRecursion=many\n")).facts.sendmail.alias_recursion == 10);
}

}  // namespace shorthop::test
