"""Which mailboxes shorthop regards as this host's: from its Postfix, for every class of domain, or from settings."""
from compare import Tables
from smtp import Envelope

ALIASES = {"aliases": "user: user@example.com\nshop: info@virtual.example.com\nfan: club@alias.example.com\n"
                      "lost: nosuch@virtual.example.com\n"}
# virtual(8) delivers into the users' home directories, because the tests look for mail there.
MAILBOX_DOMAIN = {
    "virtual_mailbox_domains": "virtual.example.com",
    "virtual_mailbox_base": "/home",
    "virtual_mailbox_maps": "hash:/etc/postfix/mailboxes",
    "virtual_uid_maps": "static:1000",
    "virtual_gid_maps": "static:1000",
}


def mailbox_domain(mta):
    tables = Tables(**ALIASES, secondary_users=("info", "user"), secondary=MAILBOX_DOMAIN)
    mta.hosts.secondary.write("/etc/postfix/mailboxes", "info@virtual.example.com info/Maildir/\n")
    mta.hosts.secondary.place.run("postmap", "hash:/etc/postfix/mailboxes")
    return tables


def test_virtual_mailbox_domain(mta):
    seen = mta.check_same(mailbox_domain(mta), [Envelope(["<shop@example.org>", "<user@example.org>"])],
                          {"shop@example.org": "rewrite all-local", "user@example.org": "rewrite all-local"})
    mta.expect_passes(seen, "info")


def test_unknown_user_of_a_virtual_mailbox_domain(mta):
    mta.check_same(mailbox_domain(mta), [Envelope(["<lost@example.org>"])], {"lost@example.org": "keep local-unknown"})


def test_virtual_alias_domain(mta):
    tables = Tables(**ALIASES, secondary={"virtual_alias_domains": "alias.example.com", "virtual_alias_maps":
                                          "inline:{ { club@alias.example.com = dave@example.com } }"})
    seen = mta.check_same(tables, [Envelope(["<fan@example.org>"])], await_any=1)
    mta.check({ended.name for ended in seen.with_milter.ended} == {"dave"}, "the alias of this host was not followed")


def test_alias_of_this_host_that_bounces(mta):
    tables = Tables(aliases="user: office@example.com\n", secondary={"alias_maps": "inline:{ { office = nosuch } }"})
    mta.check_same(tables, [Envelope(["<user@example.org>"])], await_any=1)


def test_virtual_alias_of_this_host_that_leads_back_to_the_primary(mta):
    # If the recipient were replaced, its mail would go back to the primary in one message with the mail for the
    # client's other recipients. If the primary deferred these, it would defer this recipient too.
    tables = Tables(virtual="user@example.org return@example.com\n", secondary={
        "virtual_alias_maps": "inline:{ { return@example.com = ann@example.org } }"})
    mta.check_same(tables, [Envelope(["<user@example.org>"])], {"user@example.org": "keep foreign-target"})


def test_users_of_this_host_from_a_hash_table(mta):
    mta.hosts.secondary.write("/etc/postfix/people", "user x\n")
    mta.hosts.secondary.place.run("postmap", "hash:/etc/postfix/people")
    tables = Tables(aliases="user: user@example.com\nteam: dave@example.com\n",
                    secondary={"local_recipient_maps": "hash:/etc/postfix/people"})
    seen = mta.check_same(tables, [Envelope(["<user@example.org>"]), Envelope(["<team@example.org>"])],
                          {"user@example.org": "rewrite all-local", "team@example.org": "keep local-unknown"})
    mta.expect_passes(seen, "user")


def test_users_from_a_table_of_patterns(mta):
    tables = Tables(aliases="user: user@example.com\n", secondary={
        "local_recipient_maps": "regexp:/etc/postfix/people.regexp"},
        secondary_files={"/etc/postfix/people.regexp": "/^user@/ ok\n"})
    mta.check_same(tables, [Envelope(["<user@example.org>"])], {"user@example.org": "rewrite all-local"})


def test_empty_local_recipient_maps_make_every_user_unknown(mta):
    tables = Tables(aliases="user: user@example.com\n", secondary={"local_recipient_maps": ""})
    mta.check_same(tables, [Envelope(["<user@example.org>"])], {"user@example.org": "keep"})


def test_domains_and_users_from_settings(mta):
    tables = Tables(aliases="user: user@example.com\nteam: dave@example.com\n",
                    settings={"local-domains": "example.com", "local-recipients": "text:/var/lib/shorthop/users"},
                    copies={"/var/lib/shorthop/users": "# who has a mailbox\nuser: anything\n"})
    seen = mta.check_same(tables, [Envelope(["<user@example.org>"]), Envelope(["<team@example.org>"])],
                          {"user@example.org": "rewrite all-local", "team@example.org": "keep local-unknown"})
    mta.expect_passes(seen, "user")


def test_new_user_is_known_after_reload(mta):
    mta.check_same(Tables(aliases="user: zoe@example.com\n"), [Envelope(["<user@example.org>"])],
                   {"user@example.org": "keep local-unknown"})
    seen = mta.check_same(Tables(aliases="user: zoe@example.com\n", secondary_users=("user", "zoe")),
                          [Envelope(["<user@example.org>"])], {"user@example.org": "rewrite all-local"})
    mta.expect_passes(seen, "zoe")


def test_old_tables_are_not_acted_on(mta):
    # The harness makes the copies ten seconds old.
    seen = mta.check_same(Tables(aliases="user: user@example.com\n", relay_settings={"max-age": "5s"}),
                          [Envelope(["<user@example.org>"])], {"user@example.org": "keep stale"})
    mta.expect_passes(seen, "user", with_milter=3)


def test_relay_domain_that_is_also_local_is_left_to_postfix(mta):
    tables = Tables(aliases="user: user@example.com\n", secondary={
        "relay_domains": "", "mydestination": "mail.example.com, example.com, example.org"})
    mta.check_same(tables, [Envelope(["<user@example.org>"])], {"user@example.org": "keep"})


def test_route_of_this_host_to_another_host(mta):
    tables = Tables(aliases="user: user@example.com\n", secondary={
        "transport_maps": "inline:{ { user@example.org = smtp:[mail.example.net] } }"})
    mta.check_same(tables, [Envelope(["<user@example.org>"])], {"user@example.org": "keep mta-not-relaying"}, await_any=1)


def test_route_of_this_host_to_the_primary_by_name(mta):
    tables = Tables(aliases="user: user@example.com\n", secondary={
        "transport_maps": "inline:{ { example.org = smtp:[mail.example.org] } }"})
    seen = mta.check_same(tables, [Envelope(["<user@example.org>"])], {"user@example.org": "rewrite all-local"})
    mta.expect_passes(seen, "user")
