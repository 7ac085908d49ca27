"""Another milter beside shorthop: recipients that it deletes are gone, but what shorthop adds for others stays.

A milter never learns which recipients an earlier milter changed at the end of the message.
"""
import compare
from compare import Tables
from hosts import ADDRESSES
from other_milter import OtherMilter
from smtp import Envelope

SCENARIO = {"virtual": "user.lastname@example.org  user@example.org\n",
            "aliases": "user: user@example.com\nteam: user@example.com, dave@example.com\n"}
CLIENT = ADDRESSES["client.example.net"]
# A mailbox here and an alias that leads to it. In REPORTS_LESS the mailbox's NOTIFY asks for fewer reports than the
# alias's: then both copies are delivered.
GIVEN_TOO = (
    ["<user@example.com>", "<user@example.org>"],
    ["<user@example.org>", "<USER@Example.com>"],
    ["<user@example.com> NOTIFY=NEVER", "<user@example.org> NOTIFY=NEVER"],
    ["<user@example.com> NOTIFY=FAILURE,DELAY", "<user.lastname@example.org>"],
    ["<user@example.com> ORCPT=rfc822;x@example.net", "<team@example.org>"],
)
REPORTS_LESS = (
    ["<user@example.com> NOTIFY=NEVER", "<user@example.org>"],
    ["<user.lastname@example.org>", "<user@example.com> NOTIFY=FAILURE"],
)
# Forms of user@example.com that the other milter does not recognise, so it could not delete them.
WRITTEN_ODDLY = (
    ["<@relay.example.net:user@example.com>", "<user@example.org>"],
    ['<"user"@example.com>', "<user@example.org>"],
)


def beside(mta, place, envelope, **policy):
    """Sends the envelope without and with shorthop, each time with the other milter before or after it."""
    with OtherMilter(mta.hosts.secondary, client=CLIENT, **policy) as other:
        # Without this setting shorthop would only observe, because it sees the other milter in main.cf.
        tables = Tables(**SCENARIO, secondary=other.alone, settings={"other-milters-edit-recipients": "no"})
        seen = mta.check_same(tables, [envelope], await_any=1, milter_settings=getattr(other, place))
        return seen, other.edits


def copies(run, user):
    return sum(count for ended, count in run.ended.items() if ended.name == user and ended.kind == "mailbox")


def test_target_that_an_earlier_milter_deletes(mta):
    for recipients in GIVEN_TOO + REPORTS_LESS:
        seen, edits = beside(mta, "before", Envelope(recipients), delete=["user@example.com"])
        mta.check(len(edits) == 2, f"the other milter deletes one recipient in each run, but did {edits}")
        mta.check(copies(seen.with_milter, "user") == 1,
                  f"{recipients}: one copy, but there are {seen.with_milter.ended}")


def test_target_that_an_earlier_milter_leaves(mta):
    """Nothing is deleted: without shorthop there are two copies, with it one if the reports allow it."""
    for recipients in GIVEN_TOO + REPORTS_LESS + WRITTEN_ODDLY:
        seen, edits = beside(mta, "before", Envelope(recipients), delete=["erin@example.com"])
        mta.check(not edits, f"the other milter had nothing to delete, but did {edits}")
        wanted = 2 if recipients in REPORTS_LESS else 1
        mta.check(copies(seen.with_milter, "user") == wanted, f"{recipients}: there are {seen.with_milter.ended}")


def test_milter_in_the_list_of_a_client(mta):
    """postconf(5) smtpd_milter_maps: shorthop only observes until the postmaster says that no other milter edits."""
    for table, key in (("texthash:/etc/postfix/lists", CLIENT), ("regexp:/etc/postfix/lists", "/./")):
        with OtherMilter(mta.hosts.secondary, client=CLIENT, delete_all=True, add="erin@example.com") as other:
            def ended_with(lists):
                files = {"/etc/postfix/lists": f"{key} {lists['smtpd_milters']}\n"}
                compare.apply(mta.hosts, Tables(**SCENARIO, secondary={"smtpd_milter_maps": table},
                                                secondary_files=files), mta.daemon)
                return compare.run(mta.hosts, [Envelope(["<user@example.org>"], label="client")])
            seen = compare.Comparison(ended_with(other.alone), ended_with(other.before))
            mta.check(not seen.problem(), f"{table}: {seen.problem()}")
            mta.check(len(other.edits) == 4, f"{table}: the other milter adds and deletes in each run: {other.edits}")


def test_milter_that_adds_the_target(mta):
    seen, edits = beside(mta, "before", Envelope(["<user@example.org>"]), add="user@example.com")
    mta.check(len(edits) == 2 and copies(seen.with_milter, "user") in (1, 2),
              f"after {edits} there are {seen.with_milter.ended}")


def test_milter_behind_shorthop(mta):
    """Deletions by this milter would also remove shorthop's additions, so a milter that deletes must come first."""
    seen, edits = beside(mta, "behind", Envelope(["<user@example.com>", "<dave@example.com>", "<team@example.org>"]),
                         add="erin@example.com")
    mta.check(len(edits) == 2, f"the other milter adds a recipient in each run, but did {edits}")
    mta.check([copies(seen.with_milter, user) for user in ("user", "dave", "erin")] == [1, 1, 1],
              f"there are {seen.with_milter.ended}")
