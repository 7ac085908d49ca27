"""Forms and numbers of recipients: case, extensions, quotes, routes, duplicates, sessions."""
import smtp
from compare import Mirror, Tables
from hosts import ADDRESSES
from smtp import Envelope

SCENARIO = {"virtual": "user.lastname@example.org  user@example.org\n", "aliases": "user: user@example.com\n"}
SECONDARY = ADDRESSES["mail.example.com"]


def logged(mta, seen, *wanted):
    """Checks the logged decisions, "DECISION REASON" in any order, whatever form of the recipient is logged."""
    found = sorted(f"{decision.decision} {decision.reason}" for decision in seen.with_milter.decisions.values())
    mta.check(found == sorted(wanted), f"decisions are {found}, expected {sorted(wanted)}")


def test_case_variants(mta):
    for recipient in ("<USER@example.org>", "<user@EXAMPLE.ORG>", "<User.LastName@Example.Org>"):
        seen = mta.check_same(Tables(**SCENARIO), [Envelope([recipient])], await_any=1)
        logged(mta, seen, "rewrite all-local")
        mta.expect_passes(seen, "user")


def test_extension_of_an_alias(mta):
    seen = mta.check_same(Tables(**SCENARIO), [Envelope(["<user+box@example.org>"])],
                          {"user+box@example.org": "rewrite all-local"})
    mta.expect_passes(seen, "user")


def test_extension_of_a_virtual_alias(mta):
    seen = mta.check_same(Tables(**SCENARIO), [Envelope(["<user.lastname+box@example.org>"])],
                          {"user.lastname+box@example.org": "rewrite all-local"})
    mta.expect_passes(seen, "user")


def test_extension_with_an_entry_of_its_own(mta):
    tables = Tables(virtual="user+box@example.org dave@example.com\nuser@example.org user@example.com\n",
                    aliases="team+box: erin@example.com\nteam: ann\n")
    seen = mta.check_same(tables, [Envelope(["<user+box@example.org>", "<team+box@example.org>"])],
                          {"user+box@example.org": "rewrite all-local", "team+box@example.org": "rewrite all-local"})
    mta.expect_passes(seen, "dave")
    mta.expect_passes(seen, "erin")


def test_forward_file_of_an_extension(mta):
    tables = Tables(forward={"ann": "\\ann\n", "ann+box": "user@example.com\n"})
    mta.check_same(tables, [Envelope(["<ann+box@example.org>"]), Envelope(["<ann@example.org>"])],
                   {"ann+box@example.org": "rewrite all-local", "ann@example.org": "keep primary-mailbox"})


def test_quoted_local_part(mta):
    tables = Tables(virtual='user@example.org user@example.com\n"john doe"@example.org dave@example.com\n',
                    aliases='"jane doe": erin@example.com\n')
    for recipient in ('<"user"@example.org>', '<"john doe"@example.org>', '<"jane doe"@example.org>'):
        mta.check_same(tables, [Envelope([recipient])], await_any=1)


def test_source_route(mta):
    seen = mta.check_same(Tables(**SCENARIO), [Envelope(["<@relay.example.net,@b.example.net:user@example.org>"])],
                          await_any=1)
    logged(mta, seen, "rewrite all-local")
    mta.expect_passes(seen, "user")


def test_domain_literal_and_dot_at_the_end(mta):
    mta.check_same(Tables(**SCENARIO), [Envelope(["<user@[192.0.2.20]>", "<user@example.org.>", "<ann@example.org>"])])


def test_recipient_without_brackets(mta):
    seen = mta.check_same(Tables(**SCENARIO), [Envelope(["user@example.org"])], await_any=1)
    mta.expect_passes(seen, "user")


def test_same_target_twice(mta):
    envelope = Envelope(["<user@example.org>", "<user.lastname@example.org>"])
    seen = mta.check_same(Tables(**SCENARIO), [envelope], {"user@example.org": "rewrite all-local",
                                                           "user.lastname@example.org": "rewrite all-local"})
    copies = sum(seen.with_milter.ended.values())
    mta.check(copies == 1, f"one addition for each target makes one copy, but there are {copies}")


def test_two_aliases_of_one_mailbox_without_dsn(mta):
    """Without ORCPT, they are one recipient when they come back. So if one of them is kept, both are."""
    mixed = "one@example.org user@example.com\ntwo@example.org user@example.com, ann@mail.example.org\n"
    mirrored = {name: None for name in ("virtual-alias-maps", "alias-maps", "forward-files", "include-root",
                                        "recipient-delimiter", "primary-domains")}
    mirrored["mirror"] = "/var/lib/shorthop/example.org/mirror"
    for settings in ({"secondary": {"smtpd_discard_ehlo_keywords": "silent-discard, dsn"}},
                     {"primary": {"smtp_discard_ehlo_keywords": "dsn"}, "mirror": Mirror(),
                      "relay_settings": mirrored}):
        mta.check_same(Tables(virtual=mixed, **settings), [Envelope(["<one@example.org>", "<two@example.org>"])],
                       {"two@example.org": "keep"})


def test_same_recipient_twice(mta):
    mta.check_same(Tables(**SCENARIO), [Envelope(["<user@example.org>", "<user@example.org>"]),
                                        Envelope(["<user@example.org>", "<USER@example.org>"])])


def test_target_in_the_envelope_already(mta):
    for recipients in (["<user@example.com>", "<user@example.org>"], ["<user@example.org>", "<user@example.com>"],
                       ["<user@example.org>", "<USER@example.com>"]):
        seen = mta.check_same(Tables(**SCENARIO), [Envelope(recipients)], {"user@example.org": "rewrite all-local"})
        copies = sum(seen.with_milter.ended.values())
        mta.check(copies == 1, f"{recipients}: Postfix should merge the addition with the client's own recipient, but "
                               f"there are {copies} copies")


def test_100_recipients(mta):
    users = tuple(f"u{number}" for number in range(100))
    tables = Tables(aliases="".join(f"r{user}: {user}@example.com\n" for user in users if user != "u50"),
                    secondary_users=users)
    seen = mta.check_same(tables, [Envelope([f"<r{user}@example.org>" for user in users])],
                          {f"r{user}@example.org": "rewrite all-local" if user != "u50" else "keep"
                           for user in users})
    mailboxes = {ended.name for ended in seen.with_milter.ended if ended.kind == "mailbox" and ended.name != "sender"}
    mta.check(len(mailboxes) == 99, f"99 mailboxes, but mail is in {len(mailboxes)}")


def test_two_messages_in_one_session(mta):
    first, second = Envelope(["<user@example.org>"]), Envelope(["<ann@example.org>", "<user.lastname@example.org>"])

    def both(hosts, envelope):
        if envelope is second:
            return None
        with smtp.Session(hosts.client, SECONDARY) as session:
            for message in (first, second):
                session.mail(message)
                session.expect(250, session.data(message))

    seen = mta.check_same(Tables(**SCENARIO), [first, second],
                          {"user@example.org": "rewrite all-local", "ann@example.org": "keep primary-mailbox",
                           "user.lastname@example.org": "rewrite all-local"}, sender=both)
    mta.expect_passes(seen, "user")


def test_reset_between_two_messages(mta):
    dropped, sent = Envelope(["<user@example.org>", "<erin@example.com>"]), Envelope(["<team@example.org>"])

    def reset(hosts, envelope):
        with smtp.Session(hosts.client, SECONDARY) as session:
            session.mail(dropped)
            session.expect(250, session.command("RSET"))
            session.mail(envelope)
            session.expect(250, session.data(envelope))

    seen = mta.check_same(Tables(**{**SCENARIO, "aliases": "user: user@example.com\nteam: dave@example.com\n"}), [sent],
                          {"team@example.org": "rewrite all-local", "user@example.org": None}, sender=reset)
    names = {ended.name for ended in seen.with_milter.ended}
    mta.check(names == {"dave"}, f"only dave is a recipient after RSET, but mail is with {names}")


def test_session_broken_off_before_the_end(mta):
    tables = Tables(**SCENARIO)
    sent = Envelope(["<user@example.org>"])

    def broken_first(hosts, envelope):
        session = smtp.Session(hosts.client, SECONDARY)
        session.hello()
        session.mail(Envelope(["<user.lastname@example.org>"]))
        session.expect(354, session.command("DATA"))
        session.send("Subject: half")
        session._socket.close()
        session._lines.close()
        return smtp.send(hosts.client, SECONDARY, envelope)

    mta.check_same(tables, [sent], {"user@example.org": "rewrite all-local"}, sender=broken_first)


def test_client_is_the_primary(mta):
    seen = mta.check_same(Tables(**SCENARIO), [Envelope(["<user@example.org>"], client="mail.example.org")],
                          {"user@example.org": "keep from-primary"})
    mta.check({ended.name for ended in seen.with_milter.ended} == {"user"}, "the mail should still arrive")
