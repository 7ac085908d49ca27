"""What Postfix does to mail for one recipient may depend on the other recipients of the message."""
from compare import Tables
from smtp import Envelope
from test_merging_here import MIRRORED

VIRTUAL = {"virtual": "info@example.org user@example.com\nsales@example.org dave@example.com\n"
                      "mixed@example.org user@example.com, ann\n"}
BOTH = [Envelope(["<info@example.org>", "<sales@example.org>"])]
KEPT = {"info@example.org": "keep not-followed", "sales@example.org": "keep not-followed"}
REWRITTEN = {"info@example.org": "rewrite all-local", "sales@example.org": "rewrite all-local"}
ALONE = [Envelope(["<sales@example.org>"])]


def of_user(action):
    return f"check_recipient_access inline:{{ {{ user@example.com = {action} }} }}"


def test_action_of_this_host_for_the_whole_message(mta):
    """access(5): the mail that comes back for user and dave is one message. The table has an action for user only."""
    tables = Tables(**VIRTUAL, secondary={"smtpd_recipient_restrictions": of_user("REDIRECT erin@example.com")})
    mta.check_same(tables, BOTH, KEPT)
    mta.check_same(tables, ALONE, {"sales@example.org": "rewrite all-local"})
    mta.check_same(tables, [Envelope(["<mixed@example.org>", "<sales@example.org>"])],
                   {"mixed@example.org": "keep", "sales@example.org": "keep"})


def test_table_of_this_host_for_a_lone_recipient(mta):
    """postconf(5) smtpd_data_restrictions: smtpd(8) asks the table only if the message has one recipient."""
    for name in ("smtpd_data_restrictions", "smtpd_end_of_data_restrictions"):
        tables = Tables(**VIRTUAL, secondary={name: of_user("REJECT")})
        mta.check_same(tables, BOTH, KEPT)
        mta.check_same(tables, ALONE, {"sales@example.org": "rewrite all-local"})


def test_table_of_the_primary_for_a_lone_recipient(mta):
    for action, wanted in (("REJECT", KEPT), ("OK", REWRITTEN)):
        check = f"check_recipient_access inline:{{ {{ info@example.org = {action} }} }}"
        tables = Tables(**VIRTUAL, **MIRRORED, primary={"smtpd_data_restrictions": check})
        mta.check_same(tables, BOTH, wanted)


def test_delimiter_of_smtpd_on_this_host(mta):
    """smtpd(8) on the SMTP port refuses user+x@example.com, which main.cf would accept."""
    mta.hosts.secondary.set_services({"smtp inet": {"recipient_delimiter": ""}}, [])
    try:
        mta.check_same(Tables(aliases="info: user+x@example.com\n"), [Envelope(["<info@example.org>"])],
                       {"info@example.org": "keep not-followed"})
    finally:
        mta.hosts.secondary.set_services({}, [])


def test_bounces_for_several_recipients(mta):
    """postconf(5) reject_multi_recipient_bounce: smtpd(8) refuses mail from the null sender for several recipients. On
    this host, it does so with mail for a list that comes back."""
    arrives = Envelope(["<erin@example.com>"])
    to_both = [arrives, Envelope(BOTH[0].recipients, sender="<>")]
    to_team = [arrives, Envelope(["<team@example.org>"], sender="<>")]
    team = {"virtual": VIRTUAL["virtual"] + "team@example.org user@example.com, dave@example.com\n"}
    for name in ("smtpd_data_restrictions", "smtpd_recipient_restrictions"):
        bounces = {name: "permit_sasl_authenticated, reject_multi_recipient_bounce"}
        tables = Tables(**VIRTUAL, **MIRRORED, primary=bounces)
        mta.check_same(tables, to_both, KEPT)
        mta.check_same(tables, BOTH, REWRITTEN)
        mta.check_same(Tables(**team, secondary=bounces), to_team, {"team@example.org": "keep not-followed"})


def test_two_branches_that_end_in_one_mailbox(mta):
    """cleanup(8) and local(8) drop the second copy within one message. What local(8) of the primary forwards for two
    addresses is two messages; with shorthop, the mailbox gets one copy."""
    team = "team@example.org {}, {}\n"
    to_user = "sales: user@example.com\ninfo: user@example.com\n"
    forward = {name: "user@example.com\n" for name in ("ann", "bob")}
    by_virtual = "sales@example.org user@example.com\ninfo@example.org user@example.com\n"
    both = ("sales@example.org", "info@example.org")
    for copies, branches in (
            (1, {"virtual": team.format(*both) + by_virtual}),
            (1, {"aliases": "team: sales, info\n" + to_user}),
            (1, {"aliases": "team: ann, bob\n", "forward": forward}),
            (2, {"virtual": team.format(*both), "aliases": to_user}),
            (2, {"virtual": team.format("user@example.com", "info@example.org"), "aliases": to_user}),
            (2, {"virtual": team.format("ann@example.org", "bob@example.org"), "forward": forward})):
        seen = mta.check_same(Tables(**branches), [Envelope(["<team@example.org>"])],
                              {"team@example.org": "rewrite all-local"})
        counts = [list(run.ended.values()) for run in (seen.without, seen.with_milter)]
        mta.check(counts == [[copies], [1]], f"{branches}: {counts} copies")
