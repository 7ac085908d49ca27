"""Sendmail on both hosts: the scenario, and how a Sendmail primary treats envelopes differently from Postfix."""
from compare import Tables
from smtp import Envelope

SYSTEMS = {"primary": "sendmail", "secondary": "sendmail"}

SCENARIO = Tables(virtual="user.lastname@example.org\tuser@example.org\n",
                  aliases="user: user@example.com\nmixed: user@example.com, ann\nteam: dave@example.com\n")


def test_the_two_addresses_without_needless_hops(mta):
    seen = mta.check_same(SCENARIO, [Envelope(["<user@example.org>"]), Envelope(["<user.lastname@example.org>"])],
                          {"user@example.org": "rewrite all-local", "user.lastname@example.org": "rewrite all-local"})
    mta.expect_passes(seen, "user")


def test_one_copy_for_two_recipients_stays_one(mta):
    """Sendmail sends one copy to a target of several recipients; Postfix sends one for each."""
    seen = mta.check_same(SCENARIO, [Envelope(["<user@example.org>", "<mixed@example.org>", "<team@example.org>"])],
                          {"user@example.org": "keep primary-mailbox", "mixed@example.org": "keep primary-mailbox",
                           "team@example.org": "rewrite all-local"})
    mta.check(set(seen.with_milter.ended.values()) == {1}, "each copy should arrive once")


def test_alias_of_the_secondary_that_leads_to_the_primary(mta):
    """Sendmail expands the alias at once, so that both recipients go to the primary in one transaction."""
    for own in ({"aliases": "info: team@example.org\n"}, {"virtusertable": "info@example.com\tteam@example.org\n"}):
        tables = Tables(aliases="user: user@example.com\nteam: user@example.com\n", secondary=own)
        seen = mta.check_same(tables, [Envelope(["<info@example.com>", "<user@example.org>"])], await_any=1)
        mta.check(set(seen.with_milter.ended.values()) == {1}, f"one copy should arrive: {seen.with_milter.ended}")


def test_a_backslash_means_the_mailbox(mta):
    tables = Tables(aliases=SCENARIO.aliases, primary_users=("user", "ann"))
    seen = mta.check_same(tables, [Envelope(["<\\user@example.org>"]), Envelope(['<"user"@example.org>'])], await_any=1)
    hosts = sorted(ended.host for ended in seen.with_milter.ended)
    mta.check(hosts == ["mail.example.com", "mail.example.org"], f"one should end on each host, not on {hosts}")


def test_refused_by_the_virtusertable(mta):
    tables = Tables(virtual="joe@example.org\terror:nouser 550 No such user here\n@example.org\tuser@example.com\n")
    seen = mta.check_same(tables, [Envelope(["<joe@example.org>"]), Envelope(["<anyone@example.org>"])],
                          {"joe@example.org": "keep unknown-recipient", "anyone@example.org": "rewrite all-local"})
    mta.check({ended.kind for ended in seen.with_milter.ended} == {"report", "mailbox"},
              "the primary should refuse joe")


def test_further_domains_of_the_primary(mta):
    tables = Tables(aliases="user: list@lists.example.org\nlist: user@example.com\n",
                    primary={"local-host-names": "example.org\nlists.example.org\n"},
                    relay_settings={"primary-domains": "lists.example.org"})
    seen = mta.check_same(tables, [Envelope(["<user@example.org>"])], {"user@example.org": "rewrite all-local"})
    mta.expect_passes(seen, "user")


def test_alias_of_the_secondary_that_leads_to_another_target(mta):
    """On the secondary, dave is an alias of user: the kept recipient and the alias share one copy without shorthop."""
    tables = Tables(aliases="team: user@example.com\nmixed: dave@example.com, ann\noffice: dave@example.com\n"
                            "other: user@example.com, ann\n", secondary={"aliases": "dave: user\n"})
    for local_aliases in (None, "text:/etc/shorthop/none"):  # with the second, only sendmail.cf names the alias
        tables.settings = {"local-aliases": local_aliases} if local_aliases else {}
        tables.secondary_files = {"/etc/shorthop/none": "nobody: root\n"}
        seen = mta.check_same(tables, [Envelope(["<team@example.org>", "<mixed@example.org>"]),
                                       Envelope(["<office@example.org>", "<other@example.org>"]),
                                       Envelope(["<team@example.org>", "<office@example.org>"])], await_any=1)
        mta.check(set(seen.with_milter.ended.values()) == {1}, f"one copy should arrive: {seen.with_milter.ended}")


def test_target_at_localhost(mta):
    """Sendmail replaces localhost by its own name, and sends user@example.com one copy for both recipients."""
    tables = Tables(aliases="office: user@example.com\nlist: user@localhost\nuser: user@example.com\n")
    seen = mta.check_same(tables, [Envelope(["<list@example.org>", "<office@example.org>"])],
                          {"list@example.org": "keep not-followed", "office@example.org": "keep not-followed"})
    mta.check(set(seen.with_milter.ended.values()) == {1}, f"one copy should arrive: {seen.with_milter.ended}")


def test_plussed_alias_of_the_secondary(mta):
    """local-recipients lacks all+box, but Sendmail knows it: both recipients get one copy at frank."""
    tables = Tables(aliases="list: all+box@example.com\noffice: frank@example.com\n",
                    secondary={"aliases": "all+*: frank\n"}, settings={"local-aliases": None})
    seen = mta.check_same(tables, [Envelope(["<list@example.org>", "<office@example.org>"])],
                          {"list@example.org": "keep local-unknown", "office@example.org": "keep local-unknown"})
    mta.check(set(seen.with_milter.ended.values()) == {1}, f"one copy should arrive: {seen.with_milter.ended}")
