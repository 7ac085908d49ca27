"""The main scenario and variations of it: aliases on the primary whose mailboxes are on the secondary."""
import compare
from compare import Tables
from smtp import Envelope

SCENARIO = {"virtual": "user.lastname@example.org  user@example.org\n", "aliases": "user: user@example.com\n"}


def test_alias_without_needless_hops(mta):
    seen = mta.check_same(Tables(**SCENARIO), [Envelope(["<user@example.org>"])],
                          {"user@example.org": "rewrite all-local"})
    mta.expect_passes(seen, "user")


def test_alias_of_alias_without_needless_hops(mta):
    seen = mta.check_same(Tables(**SCENARIO), [Envelope(["<user.lastname@example.org>"])],
                          {"user.lastname@example.org": "rewrite all-local"})
    mta.expect_passes(seen, "user")


def test_no_byte_between_the_hosts(mta):
    def metered(hosts, envelope):
        meter = hosts.start_meter()
        replies = compare.send(hosts, envelope)
        hosts.wait_until_quiet()
        return replies, meter.stop()

    envelope = Envelope(["<user@example.org>"], size=50_000)
    seen = mta.check_same(Tables(**SCENARIO), [envelope], sender=metered)
    without, with_milter = seen.without.replies[envelope.label][1], seen.with_milter.replies[envelope.label][1]
    mta.check(without.connections == 2 and without.payload > 100_000,
              f"without the milter the message crosses the wire twice, but was seen as {without}")
    mta.check(with_milter == (0, 0, 0), f"with the milter nothing crosses the wire, but there was {with_milter}")


def test_chain_of_depth_5_over_virtual_aliases_and_forward(mta):
    tables = Tables(
        virtual="a@example.org b@example.org\nb@example.org c@example.org\n",
        aliases="c: ann\ne: user@example.com\n",
        forward={"ann": "e@example.org\n"})
    seen = mta.check_same(tables, [Envelope(["<a@example.org>"])], {"a@example.org": "rewrite all-local"})
    mta.expect_passes(seen, "user")


def test_some_recipients_replaced_and_some_not(mta):
    tables = Tables(**{**SCENARIO, "aliases": "user: user@example.com\nmixed: dave@example.com, bob\n"
                                              "far: ann@example.net\n"})
    recipients = ["<user@example.org>", "<ann@example.org>", "<mixed@example.org>", "<far@example.org>",
                  "<erin@example.com>", "<nobody-here@example.org>"]
    seen = mta.check_same(tables, [Envelope(recipients)], {
        "user@example.org": "rewrite all-local",
        "ann@example.org": "keep primary-mailbox",
        "mixed@example.org": "keep",
        "far@example.org": "keep foreign-target",
        "nobody-here@example.org": "keep",
        "erin@example.com": None,
    })
    mta.expect_passes(seen, "user")


def test_mailbox_on_the_primary_is_left_alone(mta):
    mta.check_same(Tables(**SCENARIO), [Envelope(["<ann@example.org>"])], {"ann@example.org": "keep primary-mailbox"})


def test_unknown_local_user_is_not_added(mta):
    seen = mta.check_same(Tables(aliases="user: nosuch@example.com\n"), [Envelope(["<user@example.org>"])],
                          {"user@example.org": "keep local-unknown"})
    reports = [ended for ended in seen.with_milter.ended if ended.kind == "report"]
    mta.check(reports, "with the milter too, the primary should return mail for an unknown user")


def test_several_targets_all_local(mta):
    tables = Tables(aliases="team: user@example.com, dave@example.com,\n\terin@example.com\n")
    seen = mta.check_same(tables, [Envelope(["<team@example.org>"])], {"team@example.org": "rewrite all-local"})
    for user in ("user", "dave", "erin"):
        mta.expect_passes(seen, user)


def test_catch_all_of_virtual(mta):
    tables = Tables(virtual="@example.org user@example.com\nann@example.org ann@example.org\n")
    seen = mta.check_same(tables, [Envelope(["<anything@example.org>", "<ann@example.org>"])],
                          {"anything@example.org": "rewrite all-local", "ann@example.org": "keep primary-mailbox"})
    mta.expect_passes(seen, "user")


def test_recipient_of_the_secondary_gets_no_decision(mta):
    mta.check_same(Tables(**SCENARIO), [Envelope(["<user@example.com>"])], {"user@example.com": None})
