"""Settings of this host that act on mail which comes back from the primary, but not on an added recipient; and routes
of mail that does not pass smtpd(8)."""
import dataclasses
import re

import compare
from compare import Tables
from smtp import Envelope
from test_merging_here import MIRRORED
from test_submission import NON_SMTPD, submit

ALIASES = {"aliases": "user: user@example.com\n"}
REFUSING = {"smtp_reply_filter": "regexp:{ {/queued as/ 550 5.7.1 changed} }"}
TO_USER = [Envelope(["<user@example.org>"])]


def test_command_filter(mta):
    tables = Tables(**ALIASES, secondary={"smtpd_command_filter": "regexp:/etc/postfix/commands"}, secondary_files={
        "/etc/postfix/commands": "/^RCPT TO:<user@example\\.com>(.*)$/ RCPT TO:<dave@example.com>$1\n"})
    mta.check_same(tables, TO_USER, {"user@example.org": "keep not-followed"})


def test_filter_of_replies(mta):
    """postconf(5) smtp_reply_filter: smtp(8) takes the reply at the end of the message for a refusal."""
    for side in ({"secondary": REFUSING}, {"primary": REFUSING, **MIRRORED}):
        mta.check_same(Tables(**ALIASES, **side), TO_USER, {"user@example.org": "keep not-followed"})


def test_action_for_the_sender(mta):
    """access(5): the client is permitted before the table is asked. The primary, which brings the mail back, is not."""
    for action in ("REDIRECT erin@example.com", "REJECT"):
        tables = Tables(**ALIASES, secondary={
            "smtpd_client_restrictions": "check_client_access inline:{ { 192.0.2.100 = OK } }, check_sender_access "
                                         f"inline:{{ {{ sender@example.net = {action} }} }}"})
        mta.check_same(tables, TO_USER, {"user@example.org": "keep not-followed"})
        mta.check_same(tables, [Envelope(["<user@example.org>"], sender="<other@example.net>")],
                       {"user@example.org": "rewrite all-local"})


def test_table_of_senders_in_a_class(mta):
    """A table that stands alone in a class is asked about the sender if the list for senders names the class."""
    tables = Tables(**ALIASES, secondary={
        "mynetworks": "127.0.0.0/8 192.0.2.100", "smtpd_sender_restrictions": "permit_mynetworks, guarded",
        "smtpd_restriction_classes": "guarded",
        "guarded": "inline:{ { sender@example.net = REDIRECT erin@example.com } }"})
    mta.check_same(tables, TO_USER, {"user@example.org": "keep not-followed"})


def test_header_check_about_the_primary(mta):
    tables = Tables(**ALIASES, secondary={
        "header_checks": "regexp:{ { /^Received: from mail.example.org/ REDIRECT dave@example.com } }"})
    mta.check_same(tables, TO_USER, {"user@example.org": "keep not-followed"})


def test_alias_here_that_cannot_be_expanded(mta):
    """cleanup(8) refuses a message with such a recipient, and with it the mail for the other recipients."""
    for aliases, limit in (("{ user@example.com = a@example.com } { a@example.com = user@example.com }", {}),
                           ("{ user@example.com = user@example.com, dave@example.com, erin@example.com }",
                            {"virtual_alias_expansion_limit": "2"})):
        tables = Tables(**ALIASES, secondary={"virtual_alias_maps": f"inline:{{ {aliases} }}", **limit})
        mta.check_same(tables, [Envelope(["<user@example.org>", "<ann@example.org>"])],
                       {"user@example.org": "keep foreign-target"}, deferred_is_final=True)


def test_transport_with_another_program(mta):
    """Its name begins like the name of smtp(8), but pipe(8) delivers the mail."""
    tables = Tables(**ALIASES, secondary={"transport_maps": "inline:{ { example.org = smtp-archive: } }"})
    mta.hosts.secondary.set_services({}, ["smtp-archive unix - n n - - pipe flags=R user=nobody argv=/bin/cat"])
    try:
        mta.check_same(tables, [Envelope(["<user@example.org>", "<erin@example.com>"])],
                       {"user@example.org": "keep mta-not-relaying"})
    finally:
        mta.hosts.secondary.set_services({}, [])


def test_relay_domain_whose_best_mx_is_another_host(mta):
    """A filter, mail.example.net, is the best MX of branch.example."""
    tables = Tables(virtual="office@branch.example user@example.com\n",
                    primary={"virtual_alias_domains": "branch.example"},
                    secondary={"relay_domains": "example.org, branch.example"},
                    relay_settings={"domains": "example.org branch.example",
                                    "primary-domains": "example.org branch.example"})
    to_office = [Envelope(["<office@branch.example>"])]
    mta.check_same(tables, to_office, {"office@branch.example": "keep mta-not-relaying"})
    routed = {"transport_maps": "inline:{ { branch.example = smtp:[mail.example.org] } }"}
    mta.check_same(dataclasses.replace(tables, secondary={**tables.secondary, **routed}), to_office,
                   {"office@branch.example": "rewrite all-local"})


def with_services(mta, options, tables):
    mta.hosts.secondary.set_services(options, [])
    try:
        mta.check_same(tables, TO_USER, {"user@example.org": "keep not-followed"})
    finally:
        mta.hosts.secondary.set_services({}, [])


def test_restrictions_by_name(mta):
    """Debian's master.cf has `-o smtpd_recipient_restrictions=$mua_recipient_restrictions`."""
    with_services(mta, {"smtp inet": {"smtpd_recipient_restrictions": "$rcpt_checks"}}, Tables(
        **ALIASES, secondary={"rcpt_checks": "check_recipient_access inline:{ { user@example.com = REJECT } }"}))


def test_restriction_class_of_a_service(mta):
    with_services(mta, {"smtp inet": {"rcpt_checks": "check_recipient_access,regexp:/etc/postfix/rcpt"}}, Tables(
        **ALIASES, secondary={"smtpd_restriction_classes": "rcpt_checks", "rcpt_checks": "permit",
                              "smtpd_recipient_restrictions": "rcpt_checks"},
        secondary_files={"/etc/postfix/rcpt": "/^user@example\\.com$/ REJECT\n"}))


def test_copies_by_a_name_that_a_service_overrides(mta):
    with_services(mta, {"cleanup unix": {"archive_maps": "regexp:/etc/postfix/bcc"}}, Tables(
        **ALIASES, secondary={"recipient_bcc_maps": "$archive_maps", "archive_maps": ""},
        secondary_files={"/etc/postfix/bcc": "/^user@example\\.com$/ dave@example.com\n"}))


def test_restrictions_by_a_name_that_a_service_overrides(mta):
    with_services(mta, {"smtp inet": {"rcpt_checks": "check_recipient_access,regexp:/etc/postfix/rcpt"}}, Tables(
        **ALIASES, secondary={"rcpt_checks": "permit_mynetworks", "smtpd_recipient_restrictions": "$rcpt_checks"},
        secondary_files={"/etc/postfix/rcpt": "/^user@example\\.com$/ REJECT\n"}))


def test_host_name_of_a_service(mta):
    """$mydestination refers to $myhostname, but smtpd(8) leaves the class of a domain to trivial-rewrite(8)."""
    mta.hosts.secondary.set_services({"smtp inet": {"myhostname": "other.example.com"}}, [])
    try:
        mta.check_same(Tables(**ALIASES, secondary={"mydestination": "$myhostname, example.com, localhost"}), TO_USER,
                       {"user@example.org": "rewrite all-local"})
    finally:
        mta.hosts.secondary.set_services({}, [])


def test_list_of_allowed_recipients(mta):
    """Without shorthop, mail for user@example.com that comes back passes the list, and mail for dave@example.com is
    refused."""
    allowed = "{ user@example.com = OK } { example.org = OK }"
    tables = Tables(aliases="user: user@example.com\nann: dave@example.com\n", secondary={
        "smtpd_recipient_restrictions": f"check_recipient_access inline:{{ {allowed} }}, reject"})
    mta.check_same(tables, [Envelope(["<user@example.org>", "<ann@example.org>"])],
                   {"user@example.org": "rewrite all-local", "ann@example.org": "keep not-followed"})


def test_entries_that_hide_others(mta):
    """access(5): in one table, the address is looked up before the domain, and the domain before user@. Mail for
    dave@example.com is refused."""
    entries = "{ user@example.com = DUNNO } { frank@ = REJECT } { virtual.example.com = OK } { example.com = REJECT }"
    tables = Tables(aliases="user: user+x@example.com\nann: dave@example.com\nbob: frank@virtual.example.com\n",
                    secondary={"smtpd_recipient_restrictions": f"check_recipient_access inline:{{ {entries} }}",
                               "mydestination": "mail.example.com, example.com, virtual.example.com"})
    mta.check_same(tables, [Envelope([f"<{name}@example.org>"]) for name in ("user", "ann", "bob")], {
        "user@example.org": "rewrite all-local", "ann@example.org": "keep not-followed",
        "bob@example.org": "rewrite all-local"})


def test_reject_behind_permit_mx_backup(mta):
    tables = Tables(**ALIASES, secondary={"smtpd_recipient_restrictions":
                                          "check_sender_access inline:{ { bad.example = REJECT } }, permit_mx_backup, "
                                          "reject"})
    mta.check_same(tables, TO_USER, {"user@example.org": "rewrite all-local"})


def test_entry_with_a_class_for_greylisting(mta):
    """The policy service answers nothing here, so that the default action applies."""
    service = "check_policy_service { inet:127.0.0.1:10023, timeout=1s, default_action=DUNNO }"
    for its_class, wanted in ((service, "rewrite all-local"),
                              ("check_sender_access inline:{ { example.net = OK } }, reject", "keep not-followed")):
        tables = Tables(**ALIASES, secondary={
            "smtpd_restriction_classes": "its_class", "its_class": its_class, "smtpd_recipient_restrictions":
            "check_recipient_access inline:{ { user@example.com = its_class } }"})
        mta.check_same(tables, TO_USER, {"user@example.org": wanted})


def test_entry_for_the_primary_as_a_client(mta):
    """access(5): mail that comes back from the primary, 192.0.2.10, is redirected, copied or refused."""
    for check, wanted in (
            ("check_client_access inline:{ { 192.0.2.10 = REDIRECT dave@example.com } }", "keep not-followed"),
            ("check_client_access cidr:{ { 192.0.2.8/29 BCC dave@example.com } }", "keep not-followed"),
            ("check_helo_access inline:{ { mail.example.org = REDIRECT dave@example.com } }", "keep not-followed"),
            ("check_client_access inline:{ { 192.0.2.10 = moving } }", "keep not-followed"),
            ("check_client_access inline:{ { 192.0.2.10 = REJECT } }", "keep not-followed"),
            ("check_helo_access inline:{ { mail.example.org = 550 no } }", "keep not-followed"),
            ("check_client_access inline:{ { 192.0.2.10 = refusing } }", "keep not-followed"),
            ("check_client_access inline:{ { 192.0.2.30 = REDIRECT dave@example.com } }", "rewrite all-local")):
        tables = Tables(**ALIASES, secondary={
            "smtpd_sender_restrictions": check, "smtpd_restriction_classes": "moving, refusing", "refusing": "reject",
            "moving": "check_sender_access static:{REDIRECT dave@example.com}"})
        mta.check_same(tables, TO_USER, {"user@example.org": wanted})


ROUTES = (
    {"transport_maps": "inline:{ { user@example.org = smtp:[mail.example.net] } }"},
    {"relocated_maps": "inline:{ { user@example.org = user@example.net } }"},
    {"relay_transport": "smtp:[mail.example.net]"},
    {"relayhost": "[mail.example.net]"},
    {"mydestination": "example.com, mail.example.com, example.org"},
)


def test_split_with_another_route_for_the_part_that_stays(mta):
    for transport in ("discard:", "error:5.1.1 no", "smtp:[mail.example.net]"):
        tables = Tables(aliases="mixed: user@example.com, ann\n", relay_settings={"split": "yes"},
                        secondary={"transport_maps": f"inline:{{ {{ ann@example.org = {transport} }} }}"})
        mta.check_same(tables, [Envelope(["<mixed@example.org>"])], {"mixed@example.org": "keep primary-mailbox"})


def test_sendmail_with_another_route(mta):
    for settings in ({"transport_maps": "inline:{ { example.org = smtp:[mail.example.org] } }"}, *ROUTES):
        mta.check_same(Tables(**ALIASES, secondary=settings), TO_USER, {"user@example.org": "keep not-followed"},
                       sender=submit, milter_settings=NON_SMTPD)


def test_resolve_asks_for_the_route_that_postfix_uses(mta):
    """trivial-rewrite(8): transport_maps, the class, relay_transport or default_transport, relayhost."""
    decisions = {}
    for settings in ({"relayhost": "[mail.example.org]"}, {"relay_transport": "smtp:[mail.example.org]"}, *ROUTES):
        tables = Tables(**ALIASES, secondary=settings)
        seen = compare.compare(mta.hosts, mta.daemon, tables, TO_USER, await_decisions=["user@example.org"])
        logged = [f"{decision.decision} {decision.reason}" for decision in seen.with_milter.decisions.values()]
        found = mta.daemon.tool("resolve", "user@example.org").stdout.splitlines()[0]
        decisions[str(settings)] = (logged, found)
    mta.check(all(found.startswith("user@example.org: " + "".join(logged or ["keep"]))
                  for logged, found in decisions.values()), f"log and resolve: {decisions}")


def test_verp(mta):
    """VERP_README: the sender of each copy contains its recipient."""
    tables = Tables(**ALIASES, secondary={"smtpd_authorized_verp_clients": "static:all"})
    mta.check_same(tables, [Envelope(["<user@example.org>"], sender="<list@example.net> XVERP")],
                   {"user@example.org": "keep invalid-address"})
    senders = [re.search(r"^Return-Path: (.*)$", path.read_text(), re.MULTILINE)[1] for _, path in mta.hosts.messages()]
    mta.check(senders == ["<list+user=example.org@example.net>"], f"the senders are {senders}")
