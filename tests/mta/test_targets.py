"""Targets that are not mailboxes here, and tables of the secondary that lead elsewhere: each is a reason to keep."""
import compare
from compare import Mirror, Tables
from smtp import Envelope
from test_merging_here import MIRRORED


def led_here(mta, primary):
    """Settings of the primary by which its mail for example.com comes to this host, whatever the MX records say."""
    mta.check_same(Tables(virtual="sales@example.org user@example.com\n", primary=primary, mirror=Mirror()),
                   [Envelope(["<sales@example.org>"])], {"sales@example.org": "rewrite all-local"})


def test_smarthost(mta):
    led_here(mta, {"relayhost": "[mail.example.com]"})


def test_smarthost_for_relay_domains(mta):
    led_here(mta, {"relayhost": "[mail.example.com]:25", "relay_domains": "example.com"})


def test_next_hop_of_default_transport(mta):
    led_here(mta, {"relayhost": "[mail.example.net]", "default_transport": "smtp:[mail.example.com]"})


def test_next_hop_of_relay_transport(mta):
    led_here(mta, {"relay_domains": "example.com", "relay_transport": "relay:[mail.example.com]"})


def test_next_hop_with_a_port(mta):
    led_here(mta, {"smtp_tcp_port": "26",
                   "transport_maps": "inline:{ { example.com = smtp:[mail.example.com]:25 } }"})


def ended_as(seen, kind):
    return {ended.name for ended in seen.with_milter.ended if ended.kind == kind}


def test_command(mta):
    seen = mta.check_same(Tables(aliases='prog: "|/opt/test/catch prog"\nboth: user@example.com, prog\n'),
                          [Envelope(["<prog@example.org>"]), Envelope(["<both@example.org>"])],
                          {"prog@example.org": "keep command-target", "both@example.org": "keep command-target"})
    mta.check(ended_as(seen, "pipe") == {"prog"}, "the command should still get its mail")


def test_command_in_forward(mta):
    seen = mta.check_same(Tables(forward={"ann": '"|/opt/test/catch ann", user@example.com\n'}),
                          [Envelope(["<ann@example.org>"])], {"ann@example.org": "keep command-target"})
    mta.check(ended_as(seen, "pipe") == {"ann"}, "the command should still get its mail")


def test_file(mta):
    seen = mta.check_same(Tables(aliases="archive: /var/test/file/archive\n"), [Envelope(["<archive@example.org>"])],
                          {"archive@example.org": "keep file-target"})
    mta.check(ended_as(seen, "file") == {"archive"}, "the file should still get its mail")


def test_include_that_is_readable(mta):
    tables = Tables(aliases="list: :include:/etc/mail/list\n",
                    include={"/etc/mail/list": "# the team\nuser@example.com, dave@example.com\n\nerin@example.com\n"})
    seen = mta.check_same(tables, [Envelope(["<list@example.org>"])], {"list@example.org": "rewrite all-local"})
    mta.check(ended_as(seen, "mailbox") == {"user", "dave", "erin"}, "all members should get it")


def test_include_that_shorthop_cannot_read(mta):
    tables = Tables(aliases="list: :include:/etc/mail/list\n", not_copied={"/etc/mail/list"},
                    include={"/etc/mail/list": "user@example.com\n"})
    mta.check_same(tables, [Envelope(["<list@example.org>"])], {"list@example.org": "keep include-target"})


def test_owner_alias_is_kept(mta):
    tables = Tables(aliases="list: user@example.com\nowner-list: ann\n")
    mta.check_same(tables, [Envelope(["<list@example.org>"])], {"list@example.org": "keep owner-alias"})


def test_foreign_address(mta):
    mta.check_same(Tables(virtual="far@example.org ann@example.net\n"), [Envelope(["<far@example.org>"])],
                   {"far@example.org": "keep foreign-target"})


def test_backslash_user_and_self_in_forward(mta):
    tables = Tables(forward={"ann": "\\ann, user@example.com\n", "bob": "bob, user@example.com\n",
                             "carol": "carol@example.org\n"})
    recipients = [f"<{user}@example.org>" for user in ("ann", "bob", "carol")]
    mta.check_same(tables, [Envelope([recipient]) for recipient in recipients],
                   {recipient.strip("<>"): "keep" for recipient in recipients})


def test_alias_into_itself_once_in_virtual(mta):
    tables = Tables(virtual="ann@example.org ann@example.org, user@example.com\n")
    mta.check_same(tables, [Envelope(["<ann@example.org>"])], {"ann@example.org": "keep"})


def test_loop_in_virtual(mta):
    tables = Tables(virtual="a@example.org b@example.org\nb@example.org a@example.org\n")
    mta.check_same(tables, [Envelope(["<a@example.org>"])], {"a@example.org": "keep"}, deferred_is_final=True)


def test_loop_in_aliases(mta):
    tables = Tables(aliases="a: b\nb: c\nc: a\nd: user@example.com, a\n")
    mta.check_same(tables, [Envelope(["<a@example.org>"]), Envelope(["<d@example.org>"])],
                   {"a@example.org": "keep loop", "d@example.org": "keep"}, deferred_is_final=True)


def test_loop_between_the_two_hosts(mta):
    # user@example.com is an alias of the secondary that leads back to the primary: with and without shorthop the mail
    # loops until it is returned.
    tables = Tables(aliases="user: user@example.com\n", secondary={
        "virtual_alias_maps": "inline:{ { user@example.com = user@example.org } }"})
    mta.check_same(tables, [Envelope(["<user@example.org>"])], await_any=1, deferred_is_final=True)


def test_virtual_alias_of_the_secondary_for_the_relayed_recipient(mta):
    tables = Tables(aliases="user: user@example.com\n", secondary={
        "virtual_alias_maps": "inline:{ { user@example.org = dave@example.com } }"})
    seen = mta.check_same(tables, [Envelope(["<user@example.org>"])], {"user@example.org": "keep"})
    mta.check(ended_as(seen, "mailbox") == {"dave"}, "the secondary's own table should decide")


def test_virtual_alias_of_the_secondary_for_the_target(mta):
    tables = Tables(aliases="user: user@example.com\n", secondary={
        "virtual_alias_maps": "inline:{ { user@example.com = dave@example.com } }"})
    mta.check_same(tables, [Envelope(["<user@example.org>"])], await_any=1)


def test_alias_of_the_secondary(mta):
    tables = Tables(aliases="user: office@example.com\n", secondary={"alias_maps": "inline:{ { office = dave } }"})
    mta.check_same(tables, [Envelope(["<user@example.org>"])], await_any=1)


def test_recipient_refused_by_the_secondary(mta):
    tables = Tables(aliases="user: user@example.com\nteam: dave@example.com\n",
                    secondary={"smtpd_recipient_restrictions":
                               "check_recipient_access inline:{ { user@example.org = REJECT } }"})
    seen = mta.check_same(tables, [Envelope(["<user@example.org>", "<team@example.org>"])],
                          {"team@example.org": "rewrite all-local", "user@example.org": None})
    mta.check(ended_as(seen, "mailbox") == {"dave"}, "a refused recipient should stay refused")


def test_primary_is_down_and_the_mail_is_delivered_here(mta):
    # A secondary gets mail mainly when the primary is down; without shorthop that mail waits.
    tables = Tables(aliases="user: user@example.com\n")
    compare.apply(mta.hosts, tables, mta.daemon)
    compare.set_milter(mta.hosts, tables, True)
    mta.hosts.primary.stop()
    try:
        seen = compare.run(mta.hosts, [Envelope(["<user@example.org>"])])
    finally:
        mta.hosts.primary.start()
    mta.check({ended.name for ended in seen.ended} == {"user"}, f"ended in {compare.show(seen.ended)}")


def test_primary_that_takes_the_address_of_this_host_for_its_own(mta):
    """postconf(5) proxy_interfaces: without shorthop, mail for this host "loops back to myself", and is returned."""
    aliases = {"aliases": "user: user@example.com\n", **MIRRORED}
    for addresses, wanted in (("192.0.2.20", "keep not-followed"), ("192.0.2.99", "rewrite all-local")):
        mta.check_same(Tables(**aliases, primary={"proxy_interfaces": addresses}), [Envelope(["<user@example.org>"])],
                       {"user@example.org": wanted})
    own = Mirror(services={"smtp unix": {"proxy_interfaces": "192.0.2.20"}})  # in master.cf
    mta.check_same(Tables(**{**aliases, "mirror": own}), [Envelope(["<user@example.org>"])],
                   {"user@example.org": "keep not-followed"})
