"""Sendmail as the secondary's mail system, shorthopd as its INPUT_MAIL_FILTER; the primary runs Postfix."""
import compare
import smtp
from compare import Tables
from daemon_faults import SECONDARY, Faults
from hosts import ADDRESSES
from other_milter import OtherMilter
from smtp import Envelope

SYSTEMS = {"secondary": "sendmail"}

SCENARIO = Tables(virtual="user.lastname@example.org  user@example.org\n",
                  aliases="user: user@example.com\nteam: user@example.com, dave@example.com\nmixed: dave@example.com, "
                          "bob\nfar: ann@example.net\ngone: nosuch@example.com\n")
IMPATIENT = {"milter": "INPUT_MAIL_FILTER(`shorthop', `S=unix:/run/shorthop/milter.sock, T=C:1s;S:1s;R:1s;E:1s')dnl\n"}
FAULTS = Faults(SCENARIO, IMPATIENT, note="user@mail.example.com")


def message_to(*recipients, **more):
    return Envelope(list(recipients or ["<user@example.org>"]), **more)


def milter_lines(mta):
    """Sendmail's log lines about the edits."""
    return [line for line in mta.hosts.secondary.log().splitlines() if "Milter (shorthop)" in line]


def test_the_two_addresses_without_needless_hops(mta):
    seen = mta.check_same(SCENARIO, [message_to(), message_to("<user.lastname@example.org>")],
                          {"user@example.org": "rewrite all-local", "user.lastname@example.org": "rewrite all-local"})
    mta.expect_passes(seen, "user")
    deletions = [line for line in milter_lines(mta) if " delete: " in line]
    mta.check(len(deletions) >= 2 and all(line.endswith("naddrs=1") for line in deletions),
              f"each deletion should match one recipient: {deletions}")


def test_no_byte_between_the_hosts(mta):
    def metered(hosts, envelope):
        meter = hosts.start_meter()
        replies = compare.send(hosts, envelope)
        hosts.wait_until_quiet()
        return replies, meter.stop()

    envelope = message_to(size=50_000)
    seen = mta.check_same(SCENARIO, [envelope], sender=metered)
    without, with_milter = seen.without.replies[envelope.label][1], seen.with_milter.replies[envelope.label][1]
    mta.check(without.connections == 2 and without.payload > 100_000, f"without the milter it was {without}")
    mta.check(with_milter == (0, 0, 0), f"with the milter nothing crosses the wire, but there was {with_milter}")


def test_several_recipients(mta):
    recipients = ["<user@example.org>", "<team@example.org>", "<ann@example.org>", "<far@example.org>",
                  "<gone@example.org>", "<erin@example.com>", "<user.lastname@example.org>"]
    # If one message had both recipients, team would be kept because of mixed: see test_two_aliases_of_one_mailbox.
    seen = mta.check_same(SCENARIO, [message_to(*recipients), message_to("<mixed@example.org>")], {
        "user@example.org": "rewrite all-local",
        "user.lastname@example.org": "rewrite all-local",
        "team@example.org": "rewrite all-local",
        "ann@example.org": "keep primary-mailbox",
        "mixed@example.org": "keep primary-mailbox",
        "far@example.org": "keep foreign-target",
        "gone@example.org": "keep local-unknown",
        "erin@example.com": None,
    })
    mta.expect_passes(seen, "user")


def test_target_that_is_in_the_envelope(mta):
    seen = mta.check_same(SCENARIO, [message_to("<user@example.com>", "<user@example.org>"),
                                     message_to("<team@example.org>", "<dave@example.com>", "<user@example.org>")],
                          {"user@example.org": "rewrite all-local"})
    copies = [count for ended, count in seen.with_milter.ended.items() if ended.name == "user"]
    mta.check(set(copies) == {1}, f"user should get one copy of each message, but the numbers of copies are {copies}")


def test_target_that_an_earlier_milter_deletes(mta):
    """If a milter has deleted a recipient and the recipient is added again, Sendmail restores it."""
    for recipients in (["<user@example.com>", "<user@example.org>"], ["<user@example.org>", "<USER@example.com>"],
                       ["<dave@example.com>", "<user@example.com>", "<team@example.org>"]):
        with OtherMilter(mta.hosts.secondary, delete=["user@example.com"], client=ADDRESSES["client.example.net"]) as other:
            tables = Tables(virtual=SCENARIO.virtual, aliases=SCENARIO.aliases, secondary=other.alone)
            alias = next(recipient.strip("<>") for recipient in recipients if recipient.endswith(".org>"))
            seen = mta.check_same(tables, [message_to(*recipients)], {alias: "rewrite all-local"},
                                  milter_settings=other.before)
            mta.check(len(other.edits) == 2,
                      f"the other milter deletes one recipient in each run, but did {other.edits}")
        copies = sum(count for ended, count in seen.with_milter.ended.items() if ended.name == "user")
        mta.check(copies in (1, 2), f"{recipients}: user gets a copy or two, but there are {seen.with_milter.ended}")


def test_a_milter_that_redirects(mta):
    """shorthop would undo the redirection. So it only observes, until the postmaster says that no filter does that."""
    def after_reload(hosts, envelope):
        mta.daemon.reload()  # it reads sendmail.cf
        return compare.send(hosts, envelope)

    with OtherMilter(mta.hosts.secondary, delete_all=True, add="frank@example.com",
                     client=ADDRESSES["client.example.net"]) as other:
        tables = Tables(virtual=SCENARIO.virtual, aliases=SCENARIO.aliases, secondary=other.alone)
        seen = mta.check_same(tables, [message_to()], sender=after_reload, milter_settings=other.before)
        ended = {(end.host, end.name) for end in seen.with_milter.ended}
        mta.check(ended == {("mail.example.com", "frank")}, f"only frank gets a copy, but there are {ended}")
        status = mta.daemon.tool("status").stdout
        mta.check('observe-because="other in this host\'s list of milters"' in status, status)


def test_forms_of_an_address(mta):
    """A deletion must match the form into which Sendmail converts the client's text."""
    forms = ["<@relay.example.net,@b.example.net:user@example.org>", "<USER@Example.Org>", '<"user"@example.org>',
             "user@example.org", "<user+box@example.org>"]
    both = message_to("<user@example.org>", "<USER@example.org>")
    seen = mta.check_same(SCENARIO, [message_to(form) for form in forms] + [both],
                          {"user@example.org": "rewrite all-local", "USER@Example.Org": "rewrite all-local",
                           "user+box@example.org": "rewrite all-local"})
    mta.expect_passes(seen, "user")


def test_forms_that_are_left_alone(mta):
    mta.check_same(SCENARIO, [message_to("<user(x)@example.org>"), message_to("<user@example.org.>"),
                              message_to("<user%example.org@example.com>"),
                              message_to("<example.org!user@example.com>"),
                              message_to('<us"er"@example.org>')],
                   {"user(x)@example.org": "keep invalid-address", "user@example.org.": "keep invalid-address"})


def test_notify_is_kept_because_no_parameters_can_be_added(mta):
    tables = Tables(aliases=SCENARIO.aliases, secondary_forward={"user": '"|exit 67"\n'})
    for notify in ("NOTIFY=NEVER", "NOTIFY=SUCCESS,FAILURE", "NOTIFY=FAILURE ORCPT=rfc822;asked@example.net"):
        mta.check_same(tables, [message_to(f"<user@example.org> {notify}"), message_to("<erin@example.com>")],
                       {"user@example.org": "keep invalid-address"}, deferred_is_final=True)


def test_route_of_the_mailertable(mta):
    for route, wanted in (("esmtp:[mail.example.org]", "rewrite all-local"), ("esmtp:mail.example.org", "rewrite all-local"),
                          ("relay:[192.0.2.10]", "rewrite all-local"), ("esmtp:[mail.example.net]", "keep mta-not-relaying")):
        tables = Tables(aliases=SCENARIO.aliases, secondary={"mailertable": f"example.org\t{route}\n"})
        mta.check_same(tables, [message_to()], {"user@example.org": wanted}, await_any=1)


def test_mailer_by_which_sendmail_relays(mta):
    """{rcpt_mailer} is esmtp, or relay if the mailertable says so."""
    for mailertable, transports, wanted in (
            ("", "esmtp", "rewrite all-local"), ("", "relay", "keep mta-not-relaying"),
            ("example.org\trelay:[mail.example.org]\n", "relay", "rewrite all-local"),
            ("example.org\trelay:[mail.example.org]\n", "esmtp", "keep mta-not-relaying")):
        tables = Tables(aliases=SCENARIO.aliases, secondary={"mailertable": mailertable},
                        settings={"relay-transports": transports})
        mta.check_same(tables, [message_to()], {"user@example.org": wanted})


def test_recipient_that_is_relayed_under_another_name(mta):
    """Sendmail replaces the domain by the first name of the line in /etc/hosts. The primary then has no alias."""
    place = mta.hosts.secondary.place
    before = place.path("/etc/hosts").read_text()
    tables = Tables(virtual="office@example.org user@example.com\n", aliases="office: ann\n",
                    secondary={"relay-domains": "example.org\nmail.example.org\n"})
    mta.hosts.secondary.write("/etc/hosts", before + "192.0.2.10 mail.example.org example.org\n")
    try:
        mta.check_same(tables, [message_to("<office@example.org>")], {"office@example.org": "keep not-followed"})
    finally:
        mta.hosts.secondary.write("/etc/hosts", before)


def test_virtusertable_of_the_secondary_for_the_relayed_recipient(mta):
    tables = Tables(aliases=SCENARIO.aliases, secondary={
        "mc": "VIRTUSER_DOMAIN(`example.org')dnl\n", "virtusertable": "user@example.org\tdave\n"})
    seen = mta.check_same(tables, [message_to()], {"user@example.org": "keep mta-not-relaying"})
    mta.check({ended.name for ended in seen.with_milter.ended} == {"dave"}, "the secondary's own table should decide")


def test_alias_of_the_secondary(mta):
    tables = Tables(aliases="user: office@example.com\n", secondary={"aliases": "office: dave, erin\n"})
    mta.check_same(tables, [message_to()], await_any=1)


def test_observe_mode_changes_nothing(mta):
    tables = Tables(virtual=SCENARIO.virtual, aliases=SCENARIO.aliases, settings={"mode": "observe"})
    seen = mta.check_same(tables, [message_to()], {"user@example.org": "rewrite"})
    mta.expect_passes(seen, "user", without=3, with_milter=3)


# Faults of shorthop: the mail passes the primary, and arrives once.

def test_daemon_absent(mta):
    FAULTS.absent(mta)
    FAULTS.socket_missing(mta)


def test_daemon_killed_while_the_message_is_sent(mta):
    FAULTS.killed_while_sent(mta)


def test_daemon_killed_again_and_again(mta):
    FAULTS.killed_again_and_again(mta, messages=24)


def test_daemon_hung(mta):
    FAULTS.hung_from_the_beginning(mta)


def test_daemon_hung_at_the_end_of_the_message(mta):
    FAULTS.hung_at_the_end(mta)


def test_two_messages_of_a_session(mta):
    first, second = message_to(), message_to("<user.lastname@example.org>")
    compare.apply(mta.hosts, SCENARIO, mta.daemon)

    def sender(hosts, envelope):
        if envelope is second:
            return
        with smtp.Session(hosts.client, SECONDARY) as session:
            for message in (first, second):
                session.mail(message)
                session.expect(250, session.data(message))

    FAULTS.arrives_once(mta, [first, second], sender, passes=1)


def test_alias_of_the_secondary_that_leads_back(mta):
    """Sendmail expands an addition at once. An addition that leads back to the replaced recipient would be deleted
    with this recipient."""
    for alias in ("user: user@example.org\n", "user: user@example.org, dave\n", "user: erin\nerin: user@example.org\n"):
        tables = Tables(aliases="user: user@example.com\n", secondary={"aliases": alias},
                        copies={"/etc/mail/aliases": alias})
        mta.check_same(tables, [message_to()], {"user@example.org": "keep loop"}, deferred_is_final=True)


def test_table_of_the_secondary_that_leads_back(mta):
    """shorthop has old aliases: user@example.org now has a mailbox. A replacement would lose the mail silently."""
    old_aliases = {"/etc/shorthop/old-aliases": "user: user@example.com\n"}
    for own in ({"virtusertable": "user@example.com\tuser@example.org\n"}, {"aliases": "user: user@example.org\n"}):
        tables = Tables(secondary=own, copies=old_aliases, primary_users=("user", "ann"),
                        settings={"local-aliases": None},
                        relay_settings={"alias-maps": "text:/etc/shorthop/old-aliases"})
        seen = mta.check_same(tables, [message_to()], {"user@example.org": "keep loop"})
        mta.check({ended.host for ended in seen.with_milter.ended} == {"mail.example.org"}, "user's mail stays there")


def test_virtusertable_of_the_secondary_that_leads_to_a_user(mta):
    tables = Tables(aliases="user: office@example.com\n", settings={"local-aliases": None},
                    secondary={"virtusertable": "office@example.com\tteam\n", "aliases": "team: dave, erin\n",
                               "mc": "FEATURE(`access_db')dnl\nFEATURE(`blocklist_recipients')dnl\n",
                               "access": "To:office@example.com\tOK\n"}, secondary_users=("office", "dave", "erin"))
    seen = mta.check_same(tables, [message_to()], {"user@example.org": "rewrite all-local"})
    mta.check({ended.name for ended in seen.with_milter.ended} == {"dave", "erin"}, "the members of team get the mail")


def test_target_that_the_secondary_refuses(mta):
    """Sendmail checks the recipient of mail that comes back, but not an added one."""
    blocklist = "FEATURE(`access_db')dnl\nFEATURE(`blocklist_recipients')dnl\n"
    for own in ({"virtusertable": "user@example.com\terror:nouser 550 mailbox closed\n"},
                {"virtusertable": "dave@example.com\tdave\n@example.com\terror:nouser 550 No such user\n"},
                {"mc": blocklist, "access": "To:user@example.com\tERROR:5.2.1:550 closed\n"}):
        mta.check_same(Tables(aliases="user: user@example.com\n", secondary=own), [message_to()],
                       {"user@example.org": "keep not-followed"})
    discarding = {"mc": blocklist, "access": "To:user@example.com\tDISCARD\n"}
    mta.check_same(Tables(aliases="user: user@example.com\n", secondary=discarding),
                   [message_to(), message_to("<erin@example.com>")],
                   {"user@example.org": "keep not-followed"})


def test_copies_that_the_secondary_merges(mta):
    """If several recipients of one message lead to one address, Sendmail delivers one copy. Recipients that come back
    in one transaction are recipients of one message."""
    virtual = "user@example.org user@example.com\nmixed@example.org user@example.com, ann@example.net\n"
    mta.check_same(Tables(virtual=virtual), [message_to("<user@example.org>", "<mixed@example.org>")],
                   {"user@example.org": "keep foreign-target"})
    mta.check_same(Tables(virtual=virtual, secondary={"aliases": "info: user@example.org\n"}),
                   [message_to("<user@example.org>", "<info@example.com>")], {"user@example.org": "keep not-followed"})


def test_two_aliases_of_the_secondary_that_cross(mta):
    tables = Tables(aliases="user: user@example.com\ndave: dave@example.com\n", settings={"local-aliases": None},
                    secondary={"aliases": "user: dave@example.org\n"})
    mta.check_same(tables, [message_to("<user@example.org>", "<dave@example.org>")],
                   {"user@example.org": "keep loop", "dave@example.org": "rewrite all-local"})


def test_two_aliases_of_one_mailbox(mta):
    """If two recipients of a message lead to one address, Sendmail delivers one copy. If one alias is kept, both are."""
    virtual = "one@example.org user@example.com\ntwo@example.org user@example.com, ann@example.org\n"
    mta.check_same(Tables(virtual=virtual), [Envelope(["<one@example.org>", "<two@example.org>"])],
                   {"two@example.org": "keep"})


def test_alias_of_the_secondary_for_a_user_who_is_gone(mta):
    """If another recipient of the message is on this host, Sendmail drops the report about a bad name in an alias."""
    for own, target in (({"aliases": "old: nosuch\n"}, "old"), ({"virtusertable": "frank@example.com\tnosuch\n"}, "frank")):
        tables = Tables(aliases=f"one: {target}@example.com\n", secondary=own, settings={"local-aliases": None})
        mta.check_same(tables, [message_to("<erin@example.com>", "<one@example.org>")],
                       {"one@example.org": "keep not-followed"})
