"""A content filter on the primary (FILTER_README): what it sees, and what comes back from it."""
from compare import Mirror, Tables
from smtp import Envelope

MIRRORED = {"virtual-alias-maps": None, "alias-maps": None, "forward-files": None, "include-root": None,
            "recipient-delimiter": None, "primary-domains": None,
            "mirror": "/var/lib/shorthop/example.org/mirror", "accept-difference": "content-filter"}
# A filter that sends each message back at once. It does not know DSN, as few filters do, so ORCPT is lost on the way.
CLIENT = "scan unix - - y - - smtp -o smtp_discard_ehlo_keywords=dsn"
BACK = "127.0.0.1:10026 inet n - y - - smtpd -o content_filter= -o mynetworks=127.0.0.0/8 -o smtpd_milters="
COMMAND = "/opt/test/send-back"
BY_COMMAND = f"scan unix - n n - - pipe user=nobody argv={COMMAND} ${{sender}} -- ${{recipient}}"
VIRTUAL = ("one@example.org user@example.com\n"
           "two@example.org user@example.com, ann@mail.example.org\n"
           "self@example.org self@example.org, user@example.com\n"
           "dave@example.com dave@example.com, erin@example.com\n"
           "three@example.org dave@example.com\n")


def tables(services, options=None, main=None, files=None):
    return Tables(virtual=VIRTUAL, aliases="desk: erin@example.com\n", relay_settings=MIRRORED,
                  primary={"content_filter": "scan:[127.0.0.1]:10026", **(main or {})},
                  mirror=Mirror(more_services=services, services=options or {}, files=files or {}))


EXPECT = {"one@example.org": "rewrite all-local", "desk@example.org": "rewrite all-local",
          "self@example.org": "keep not-followed", "three@example.org": "keep not-followed"}
SINGLE = [[f"<{recipient}>"] for recipient in EXPECT]


def test_addresses_that_are_mapped_before_the_filter_and_behind_it(mta):
    """The usual way to install amavis: the cleanup(8) of both smtpd(8) services maps addresses."""
    mta.check_same(tables([CLIENT, BACK]), [Envelope(recipients) for recipients in SINGLE], EXPECT)


def test_table_behind_the_filter_for_a_lone_recipient(mta):
    """postconf(5) smtpd_data_restrictions: the smtpd(8) that takes the mail back asks the table only if the message has
    one recipient. If desk did not go to the primary with one, the table would refuse one."""
    back = BACK + " -o smtpd_data_restrictions=check_recipient_access,regexp:/etc/postfix/lone"
    refusing = tables([CLIENT, back], files={"/etc/postfix/lone": "/^user@example\\.com$/ REJECT\n"})
    kept = {"one@example.org": "keep not-followed", "desk@example.org": "keep not-followed"}
    mta.check_same(refusing, [Envelope(["<one@example.org>", "<desk@example.org>"])], kept)
    mta.check_same(refusing, [Envelope(["<desk@example.org>"])], {"desk@example.org": "rewrite all-local"})


def test_command_that_returns_mail_by_sendmail(mta):
    """The usual way to install SpamAssassin."""
    mta.hosts.primary.write(COMMAND, '#!/bin/sh\nexec /usr/sbin/sendmail -oi -G -f "$@"\n', mode=0o755)
    mta.check_same(tables([BY_COMMAND], {"pickup unix": {"content_filter": ""}}),
                   [Envelope(recipients) for recipients in SINGLE], EXPECT)


def test_two_aliases_of_one_mailbox(mta):
    """The filter gets one address for both, and the mailbox one copy. If one of them is kept, both are."""
    unmapped = BACK + " -o receive_override_options=no_address_mappings"
    mta.check_same(tables([CLIENT, unmapped]), [Envelope(["<one@example.org>", "<two@example.org>"])],
                   {"two@example.org": "keep primary-mailbox"})


def test_generic_maps_on_the_way_to_the_filter(mta):
    """smtp(8) replaces addresses of smtp_generic_maps, also if the mail is for the filter."""
    unmapped = BACK + " -o receive_override_options=no_address_mappings"
    generic = {"smtp_generic_maps": "inline:{ desk@example.org=frank@example.com }"}
    mta.check_same(tables([CLIENT, unmapped], main=generic),
                   [Envelope(["<desk@example.org>"]), Envelope(["<one@example.org>"])],
                   {"desk@example.org": "keep not-followed", "one@example.org": "rewrite all-local"})


# Rules with FILTER, in place of content_filter. They concern every message that the primary receives.
RULES = {"access-actions": {"smtpd_client_restrictions": "check_client_access static:{FILTER scan:[127.0.0.1]:10026}"},
         "header-actions": {"header_checks": "regexp:{{/^Received:/ FILTER scan:[127.0.0.1]:10026}}"}}


def by_rule(accepted, services):
    canonical = {"canonical_maps": "inline:{ user@example.com=frank@example.com }"}
    return Tables(virtual=VIRTUAL, aliases="desk: erin@example.com\n",
                  relay_settings={**MIRRORED, "accept-difference": accepted}, primary={**RULES[accepted], **canonical},
                  mirror=Mirror(more_services=services))


def test_rules_of_access_tables_that_name_a_filter(mta):
    """The mail passes cleanup(8) twice, as with content_filter. The second time, another table may change an address."""
    back = BACK + " -o smtpd_client_restrictions="
    mta.check_same(by_rule("access-actions", [CLIENT, back]), [Envelope(recipients) for recipients in SINGLE],
                   {**EXPECT, "one@example.org": "keep not-followed"})


def test_rules_of_header_checks_that_name_a_filter(mta):
    back = BACK + " -o receive_override_options=no_header_body_checks"
    mta.check_same(by_rule("header-actions", [CLIENT, back]), [Envelope(recipients) for recipients in SINGLE],
                   {**EXPECT, "one@example.org": "keep not-followed"})
