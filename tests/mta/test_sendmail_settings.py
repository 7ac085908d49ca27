"""Settings of a Sendmail primary that treat some recipients differently: with its sendmail.cf in the mirror, shorthop
keeps these recipients and no others.

The primary's m4 makes the sendmail.cf, so each test also shows that shorthop finds the features in a real one.
"""
import compare
from compare import Tables
from daemon import TABLES as MIRROR
from smtp import Envelope

SYSTEMS = {"primary": "sendmail"}

# The mirror replaces the settings for copies of single files. Its copies of .forward files belong to root, not to their
# users.
SINGLE_COPIES = ("virtual-alias-maps", "alias-maps", "forward-files", "include-root", "recipient-delimiter",
                 "primary-domains")
RELAY_SETTINGS = {"mirror": MIRROR, "trust-forward-files": "yes", **dict.fromkeys(SINGLE_COPIES)}
ALIASES = "user: user@example.com\nteam: user@example.com, dave@example.com\nroot: ann\n"


def mirror_of(primary, settings, files):
    """path -> text: a mirror of the primary with these settings and `files` (path on the primary -> text)."""
    primary.configure(settings)
    mirror = {name: primary.place.path(f"/etc/mail/{name}").read_text() for name in ("sendmail.cf", "local-host-names")}
    mirror |= {f"files{path}": text for path, text in files.items()}
    return {f"{MIRROR}/{name}": text for name, text in {**mirror, "stamp": ""}.items()}


def mirrored(mta, settings, aliases=ALIASES, virtual="", maps=None, files=None, **more):
    """Tables whose relay has a mirror of the primary with these settings; `maps`: further maps that sendmail.py makes;
    `files`: further files of the mirror."""
    settings = {**settings, **(maps or {})}
    maps = {"mailertable": "", "virtusertable": virtual, "aliases": aliases, **(maps or {})}
    files = {**{f"/etc/mail/{name}": text for name, text in maps.items()}, **(files or {})}
    return Tables(aliases=aliases, virtual=virtual, primary=settings,
                  copies=mirror_of(mta.hosts.primary, settings, files),
                  relay_settings=RELAY_SETTINGS, **more)


def hosts_of(run, name=None):
    """The hosts on which messages ended (in the mailbox of that name)."""
    return {ended.host for ended in run.ended if name in (None, ended.name)}


def sent(*names):
    return [Envelope([f"<{name}@example.org>"]) for name in names]


def test_a_stock_cf_keeps_no_recipient(mta):
    tables = mirrored(mta, {}, virtual="sales@example.org\tteam@example.org\n", forward={"ann": "user@example.com\n"})
    seen = mta.check_same(tables, sent("user", "sales", "ann", "bob", "user+x"),
                          {"user@example.org": "rewrite all-local", "sales@example.org": "rewrite all-local",
                           "ann@example.org": "rewrite all-local", "bob@example.org": "keep primary-mailbox",
                           "user+x@example.org": "rewrite all-local"})
    mta.expect_passes(seen, "user")


def test_mailertable(mta):
    """An alias is kept only if its target is in a domain that the mailertable routes."""
    tables = mirrored(mta, {}, aliases="user: user@example.com\nfar: ann@example.net\n",
                      maps={"mailertable": "example.net\tesmtp:[mail.example.com]\n"})
    mta.check_same(tables, sent("user", "far"), {"user@example.org": "rewrite all-local",
                                                 "far@example.org": "keep not-followed"})
    tables = mirrored(mta, {}, maps={"mailertable": ".com\tesmtp:[mail.example.net]\n"})
    mta.check_same(tables, sent("user"), {"user@example.org": "keep not-followed"})


def test_luser_relay(mta):
    tables = mirrored(mta, {"LUSER_RELAY": "local:carol"}, files={"/etc/passwd": "ann:\nbob:\ncarol:\n"})
    seen = mta.check_same(tables, sent("user", "nobody-there"), {"user@example.org": "rewrite all-local",
                                                                 "nobody-there@example.org": "keep not-followed"})
    mta.check("mail.example.org" in hosts_of(seen.without, "carol"), "the relay should get unknown names")


def test_mail_hub(mta):
    """A name without an alias goes to the hub, although it has a .forward; names of class L stay."""
    tables = mirrored(mta, {"MAIL_HUB": "esmtp:[mail.example.net]", "mc": "LOCAL_USER(`bob')dnl\n"},
                      forward={"ann": "user@example.com\n", "bob": "user@example.com\n"})
    seen = mta.check_same(tables, sent("user", "root", "ann", "bob"),
                          {"user@example.org": "rewrite all-local", "root@example.org": "keep not-followed",
                           "ann@example.org": "keep not-followed", "bob@example.org": "rewrite all-local"})
    mta.check("mail.example.net" in hosts_of(seen.without), "ann should go to the hub")


def test_local_relay(mta):
    tables = mirrored(mta, {"LOCAL_RELAY": "esmtp:[mail.example.net]"}, forward={"ann": "user@example.com\n"})
    mta.check_same(tables, sent("user", "root", "ann"),
                   {"user@example.org": "rewrite all-local", "root@example.org": "keep not-followed",
                    "ann@example.org": "keep not-followed"})


def test_sticky_host(mta):
    """The hub takes addresses in the primary's domains after the virtusertable, but before aliases are looked up."""
    tables = mirrored(mta, {"MAIL_HUB": "esmtp:[mail.example.net]", "mc": "FEATURE(`stickyhost')dnl\n"},
                      virtual="sales@example.org\tuser@example.com\nbare@example.org\tteam\n")
    mta.check_same(tables, sent("user", "sales", "bare"),
                   {"user@example.org": "keep not-followed", "sales@example.org": "rewrite all-local",
                    "bare@example.org": "rewrite all-local"})


def test_user_database(mta):
    """userdb is asked for user+x before the alias of user."""
    tables = mirrored(mta, {"confUSERDB_SPEC": "/etc/mail/userdb.db"},
                      aliases="user: user@example.com\nteam: user@example.com\n", forward={"bob": "user@example.com\n"})
    mta.hosts.primary.make_map("btree", "userdb", "user+x:maildrop\tann\nteam:maildrop\tann\nbob:maildrop\tann\n")
    seen = mta.check_same(tables, sent("user", "team", "user+x", "bob"),
                          {"user@example.org": "rewrite all-local", "team@example.org": "rewrite all-local",
                           "user+x@example.org": "keep not-followed", "bob@example.org": "keep not-followed"})
    mta.check(sum(copies for ended, copies in seen.without.ended.items() if ended.name == "ann") == 2,
              "user+x and bob should go to ann")


def test_service_switch(mta):
    """The maps that the switch names for aliases are asked in its order."""
    service_switch = {"/etc/mail/service.switch": "aliases ours files\n"}
    own_map = {"mc": "LOCAL_CONFIG\nKaliases.ours hash -o /etc/mail/ours\n"}
    mta.hosts.primary.make_map("hash", "ours", "user\tann\n")
    usual = mta.hosts.primary.place.path("/etc/mail/service.switch").read_text()
    mta.hosts.primary.write("/etc/mail/service.switch", service_switch["/etc/mail/service.switch"])
    try:
        for settings, files in ((own_map, {}), (own_map, service_switch),
                                ({"confSERVICE_SWITCH_FILE": "/etc/mail/service.switch", **own_map}, {})):
            tables = mirrored(mta, settings, files=files)
            seen = mta.check_same(tables, sent("user"), {"user@example.org": "keep not-mirrored"})
            mta.check(hosts_of(seen.without, "ann") == {"mail.example.org"}, "ann should get user's mail")
    finally:
        mta.hosts.primary.write("/etc/mail/service.switch", usual)
    switched = {"/etc/mail/service.switch": usual}
    mta.check_same(mirrored(mta, {}, files=switched), sent("user"), {"user@example.org": "rewrite all-local"})


def test_comment_with_a_continuation_line(mta):
    """Sendmail ends a comment with its physical line, so example.com is in class w, and dave is a user there."""
    tables = mirrored(mta, {"mc": "LOCAL_CONFIG\nCwlists.example.org # our lists\n\texample.com\n"},
                      aliases="user: dave@example.com\ndave: ann\n")
    mta.check_same(tables, sent("user"), {"user@example.org": "keep primary-mailbox"})


def test_local_mailer_without_users(mta):
    """Without F=w no .forward is read."""
    tables = mirrored(mta, {"mc": "MODIFY_MAILER_FLAGS(`LOCAL', `-w')dnl\n"}, forward={"ann": "user@example.com\n"})
    mta.check_same(tables, sent("ann", "user"), {"ann@example.org": "keep primary-mailbox",
                                                 "user@example.org": "rewrite all-local"})


def test_alias_names_that_are_addresses(mta):
    """newaliases takes the local part; of two lines with one key, the last is used."""
    aliases = ("user: user@example.com\nann@example.org: bob\nAnn Smith <carol>: bob\nteam: user@example.com\n"
               "team@localhost: bob\n")
    tables = mirrored(mta, {}, aliases=aliases, forward={"ann": "user@example.com\n", "carol": "user@example.com\n"})
    mta.check_same(tables, sent("user", "ann", "carol", "team"), {
        "user@example.org": "rewrite all-local", "ann@example.org": "keep not-mirrored",
        "carol@example.org": "keep not-mirrored", "team@example.org": "keep not-mirrored"})


def test_ldap_routing(mta):
    """The feature with files instead of LDAP; it comes before the virtusertable."""
    feature = ("FEATURE(`ldap_routing', `hash /etc/mail/mailhost', `hash /etc/mail/mailaddress')dnl\n"
               "LDAPROUTE_DOMAIN(`example.org')dnl\n")
    tables = mirrored(mta, {"mc": feature}, virtual="sales@example.org\tuser@example.com\n")
    mta.hosts.primary.make_map("hash", "mailhost", "")
    mta.hosts.primary.make_map("hash", "mailaddress", "sales@example.org\tann@example.org\n")
    seen = mta.check_same(tables, sent("sales", "user"), {"sales@example.org": "keep not-followed",
                                                          "user@example.org": "keep not-followed"})
    mta.check("mail.example.org" in hosts_of(seen.without, "ann"), "LDAP should send sales to ann")


def test_domaintable(mta):
    renamed = "old.example\texample.com\n"
    tables = mirrored(mta, {"mc": "FEATURE(`domaintable')dnl\n"}, files={"/etc/mail/domaintable": renamed},
                      aliases="user: user@example.com\nold: user@old.example\n")
    mta.hosts.primary.make_map("hash", "domaintable", renamed)
    mta.check_same(tables, sent("user", "old"), {"user@example.org": "rewrite all-local",
                                                 "old@example.org": "keep not-followed"})


def test_smart_host(mta):
    tables = mirrored(mta, {"SMART_HOST": "esmtp:[mail.example.net]"})
    mta.check_same(tables, sent("user", "ann"), {"user@example.org": "keep not-followed",
                                                 "ann@example.org": "keep primary-mailbox"})


def test_preserve_local_plus_detail(mta):
    tables = mirrored(mta, {"mc": "FEATURE(`preserve_local_plus_detail')dnl\n"})
    mta.check_same(tables, sent("user", "user+x"), {"user@example.org": "rewrite all-local",
                                                    "user+x@example.org": "keep not-followed"})


def test_blocklist_recipients(mta):
    tables = mirrored(mta, {"mc": "FEATURE(`access_db')dnl\nFEATURE(`blocklist_recipients')dnl\n"},
                      aliases="user: user@example.com\ngone: user@example.com\n",
                      maps={"access": "To:gone@\tREJECT\nTo:example.org\tRELAY\n"})
    mta.check_same(tables, sent("user", "gone"), {"user@example.org": "rewrite all-local",
                                                  "gone@example.org": "keep not-followed"})


def test_virtual_domains(mta):
    """VIRTUSER_DOMAIN: a domain that is not local, whose addresses are in the virtusertable."""
    tables = mirrored(mta, {"mc": "VIRTUSER_DOMAIN(`virtual.example')dnl\n"},
                      aliases="user: sales@virtual.example\n", virtual="@virtual.example\t%1@example.com\n",
                      secondary_users=("user", "sales"))
    mta.check_same(tables, sent("user"), {"user@example.org": "rewrite all-local"})


def test_own_rules(mta):
    rule = "LOCAL_RULE_0\nR$* < @ nowhere.example . > $*\t$#error $@ 5.1.2 $: \"550 no\"\n"
    tables = mirrored(mta, {"mc": rule})
    mta.check_same(tables, sent("user"), {"user@example.org": "keep not-followed"})


def test_rules_that_m4_does_not_make(mta):
    """LOCAL_NET_CONFIG takes mail for other hosts; MAILER(usenet) and FEATURE(prefixmod) take local names."""
    net = "LOCAL_NET_CONFIG\nR$* < @ $* example.com . > $*\t$#esmtp $@ [mail.example.net] $: $1 < @ $2 example.com . > $3\n"
    for rules, names in ((net, ("user", "ann")), ("MAILER(`usenet')dnl\n", ("user", "user.usenet")),
                         ("FEATURE(`prefixmod', `fast', `x')dnl\n", ("user", "fast.user"))):
        aliases = ALIASES + "user.usenet: user@example.com\nfast.user: user@example.com\n.user: ann\n"
        mta.check_same(mirrored(mta, {"mc": rules}, aliases=aliases), sent(*names), {
            "user@example.org": "keep not-followed"})
    mta.check_same(mirrored(mta, {"mc": "FEATURE(`bestmx_is_local')dnl\n"}), sent("user"),
                   {"user@example.org": "rewrite all-local"})


def test_virtusertable_that_is_asked_once(mta):
    """_NO_VIRTUSER_RECURSION_ (undocumented): results of the virtusertable are not looked up in it again."""
    tables = mirrored(mta, {"mc": "define(`_NO_VIRTUSER_RECURSION_', `1')dnl\n"}, aliases="user: ann\n",
                      virtual="sales@example.org\tuser@example.org\nuser@example.org\tuser@example.com\n")
    mta.check_same(tables, sent("sales"), {"sales@example.org": "keep not-followed"})


def test_mailer_for_other_hosts(mta):
    mailer = ("LOCAL_CONFIG\nMgate, P=[IPC], F=mDFMuX, S=EnvFromSMTP/HdrFromSMTP, R=EnvToSMTP, E=\\r\\n, L=990, "
              "A=TCP [mail.example.net]\n")
    tables = mirrored(mta, {"mc": mailer, "confSMTP_MAILER": "gate"})
    seen = mta.check_same(tables, sent("user"), {"user@example.org": "keep not-followed"})
    mta.check("mail.example.net" in hosts_of(seen.without), "the mailer should send user's mail to the other host")


def test_what_only_the_primary_does_to_mail(mta):
    """DESIGN 2.12: filters, and rules that discard mail, keep every recipient until the relay file accepts them."""
    access = {"mc": "FEATURE(`access_db')dnl\n"}
    compat = {"mc": "FEATURE(`access_db')dnl\nFEATURE(`compat_check')dnl\n"}
    discards = "R$*\t$#discard $: discard\n"
    for settings, maps in (({"mc": f"LOCAL_RULESETS\nSLocal_check_rcpt\n{discards}"}, {}),
                           ({"mc": f"LOCAL_RULESETS\nHSubject: $>CheckSubject\nSCheckSubject\n{discards}"}, {}),
                           (compat, {"access": "Compat:sender@example.net<@>user@example.com\tDISCARD\n"}),
                           (access, {"access": "From:sender@example.net\tDISCARD\n"})):
        tables = mirrored(mta, settings, maps=maps)
        seen = compare.compare(mta.hosts, mta.daemon, tables, sent("user"), await_decisions=["user@example.org"])
        mta.check_decision(seen.with_milter.decisions.get("user@example.org"), "user@example.org", "keep policy")
        mta.check(not seen.without.ended and not seen.with_milter.ended, f"the mail should be discarded: {seen}")


def test_filter_of_the_primary(mta):
    tables = mirrored(mta, {"mc": "INPUT_MAIL_FILTER(`spam', `S=unix:/run/spam.sock')dnl\n"})
    mta.check_same(tables, sent("user"), {"user@example.org": "keep policy"})
    tables.relay_settings = {**RELAY_SETTINGS, "accept-difference": "milters"}
    mta.check_same(tables, sent("user"), {"user@example.org": "rewrite all-local"})


def test_values_that_are_one_address_to_sendmail(mta):
    """A comma in a value of the virtusertable makes an unknown address. So does a missing comma between the targets of an
    alias."""
    tables = mirrored(mta, {}, virtual="comma@example.org\tuser@example.com,\nplain@example.org\tuser@example.com\n",
                      aliases="both: user@example.com dave@example.com\n", forward={"ann": "user@example.com dave@example.com\n"})
    mta.check_same(tables, sent("comma", "plain", "both", "ann"), {
        "comma@example.org": "keep invalid-address", "plain@example.org": "rewrite all-local",
        "both@example.org": "keep invalid-address", "ann@example.org": "keep invalid-address"})
