"""Recipients that come back in one transaction, and that this host merges into one copy: if one of them is kept, the
others are kept too."""
from compare import Mirror, Tables
from smtp import Envelope

VIRTUAL = "user@example.org user@example.com\nmixed@example.org user@example.com, ann@example.net\n"
ALIASES = "user: user@example.com\nmixed: user@example.com, ann@example.net\n"
USER, MIXED = "<user@example.org>", "<mixed@example.org>"
MIRRORED = {"mirror": Mirror(), "relay_settings": {
    **dict.fromkeys(("virtual-alias-maps", "alias-maps", "forward-files", "include-root", "recipient-delimiter",
                     "primary-domains", "profile")),
    "mirror": "/var/lib/shorthop/example.org/mirror", "accept-difference": "content-filter header-actions access-actions"}}
BEHIND_FILTER = ("127.0.0.1:10026 inet n - n - - smtpd -o content_filter= -o mynetworks=127.0.0.0/8 "
                 "-o smtpd_recipient_restrictions=permit_mynetworks,reject -o receive_override_options="
                 "no_unknown_recipient_checks,no_header_body_checks,no_address_mappings")
BEHIND_FILTER_WITHOUT_DSN = BEHIND_FILTER + " -o smtpd_discard_ehlo_keywords=dsn"
TEAM = " ORCPT=rfc822;team@example.edu"


def check_decision(mta, recipients, decision, **tables):
    mta.check_same(Tables(**tables), [Envelope(recipients)], {"user@example.org": decision})


def test_same_orcpt(mta):
    """A host that expands an alias gives its ORCPT to all members."""
    check_decision(mta, [USER + TEAM, MIXED + TEAM], "keep foreign-target", virtual=VIRTUAL)
    check_decision(mta, [USER + TEAM, MIXED + TEAM.replace("team", "te+61m")], "keep foreign-target", virtual=VIRTUAL)
    check_decision(mta, [USER + TEAM, MIXED + TEAM.replace("team", "tea+6d")], "keep foreign-target", virtual=VIRTUAL)
    check_decision(mta, [USER + TEAM, MIXED + TEAM + "+20"], "keep foreign-target", virtual=VIRTUAL)
    check_decision(mta, [USER + TEAM + "+C3+9C+FF", MIXED + TEAM + "+C3+BC+FF"], "keep foreign-target", virtual=VIRTUAL)
    written = MIXED.replace(".org", ".org.")  # without ORCPT, Postfix takes the address as written
    check_decision(mta, [f"{USER} ORCPT=rfc822;{written[1:-1]}", written], "keep invalid-address", virtual=VIRTUAL)
    check_decision(mta, [USER + TEAM, MIXED + TEAM + "x"], "rewrite all-local", virtual=VIRTUAL)
    check_decision(mta, [USER + TEAM + " NOTIFY=NEVER", MIXED + TEAM], "rewrite all-local", virtual=VIRTUAL)


def test_same_orcpt_and_success_that_the_primary_reports(mta):
    """Postfix passes NOTIFY on to several members of an alias without SUCCESS."""
    for of_user, of_mixed in (("NEVER", "SUCCESS"), ("FAILURE", "SUCCESS,FAILURE")):
        recipients = [f"{USER}{TEAM} NOTIFY={of_user}", f"{MIXED}{TEAM} NOTIFY={of_mixed}"]
        check_decision(mta, recipients, "keep foreign-target", virtual=VIRTUAL)


def test_same_orcpt_of_an_address_of_this_host(mta):
    check_decision(mta, [USER + TEAM, "<info@example.com>" + TEAM], "keep not-followed", virtual=VIRTUAL,
                   secondary={"virtual_alias_maps": "inline:{ { info@example.com = user@example.org } }"})


def test_what_local_forwards_comes_back_separately(mta):
    check_decision(mta, [USER + TEAM, MIXED + TEAM], "rewrite all-local", aliases=ALIASES)
    check_decision(mta, [USER, MIXED], "rewrite all-local", aliases=ALIASES,
                   secondary={"enable_original_recipient": "no"})


def test_orcpt_that_gets_lost(mta):
    """On the way back to this host, or in a content filter of the primary."""
    for tables in ({"secondary": {"smtpd_discard_ehlo_keywords": "silent-discard, dsn"}},
                   {**MIRRORED, "primary": {"smtp_discard_ehlo_keywords": "dsn"}},
                   {**MIRRORED, "primary": {"smtp_never_send_ehlo": "yes"}},
                   {**MIRRORED, "primary": {"smtp_always_send_ehlo": "no"}, "secondary": {"smtpd_banner": "hello"}},
                   {**MIRRORED, "primary": {"content_filter": "smtp:[127.0.0.1]:10026"},
                    "mirror": Mirror(more_services=[BEHIND_FILTER_WITHOUT_DSN])},
                   {**MIRRORED, "primary": {"header_checks": "regexp:{ { /^Subject:/ FILTER smtp:[127.0.0.1]:10026 } }"},
                    "mirror": Mirror(more_services=[BEHIND_FILTER_WITHOUT_DSN])}):
        check_decision(mta, [USER, MIXED], "keep foreign-target", virtual=VIRTUAL, **tables)
        check_decision(mta, [USER, "<ann@example.org>"], "rewrite all-local", virtual=VIRTUAL, **tables)


def test_postfix_without_original_recipients(mta):
    check_decision(mta, [USER, MIXED], "keep foreign-target", virtual=VIRTUAL,
                   secondary={"enable_original_recipient": "no"})
    check_decision(mta, [USER, "<ann@example.org>"], "rewrite all-local", virtual=VIRTUAL,
                   secondary={"enable_original_recipient": "no"})


def test_content_filter_of_this_host_that_loses_orcpt(mta):
    """What comes back passes it too, so two aliases of a mailbox become one recipient."""
    client = "scan unix - - y - - smtp -o smtp_discard_ehlo_keywords=dsn"
    behind = BEHIND_FILTER + " -o smtpd_milters= -o smtpd_sender_restrictions="
    scan = "scan:[127.0.0.1]:10026"
    try:
        for options, settings in (({"content_filter": scan}, {}),
                                  ({}, {"header_checks": f"regexp:{{ {{ /^Subject:/ FILTER {scan} }} }}"}),
                                  ({}, {"smtpd_sender_restrictions": f"check_sender_access static:{{FILTER {scan}}}"})):
            mta.hosts.secondary.set_services({"smtp inet": options}, [client, behind])
            mta.hosts.secondary.reload()
            check_decision(mta, [USER, MIXED], "keep foreign-target", virtual=VIRTUAL, secondary=settings)
            check_decision(mta, [USER, "<ann@example.org>"], "rewrite all-local", virtual=VIRTUAL, secondary=settings)
    finally:
        mta.hosts.secondary.set_services({}, [])
        mta.hosts.secondary.reload()


def test_own_table_that_leads_to_another_target(mta):
    """This host turns dave into erin, so that the kept recipient and the alias share one copy."""
    virtual = ("team@example.org erin@example.com\nmixed@example.org dave@example.com, ann@example.net\n"
               "office@example.org dave@example.com\nother@example.org erin@example.com, ann@example.net\n")
    pairs = (("team", "mixed"), ("office", "other"))
    for own in ("virtual_alias_maps", "recipient_canonical_maps"):
        table = {own: "inline:{ dave@example.com=erin@example.com }"}
        for replaced, kept in pairs:
            for secondary, orcpt in (({"enable_original_recipient": "no", **table}, ""), (table, TEAM)):
                mta.check_same(Tables(virtual=virtual, secondary=secondary),
                               [Envelope([f"<{replaced}@example.org>{orcpt}", f"<{kept}@example.org>{orcpt}"])],
                               {f"{replaced}@example.org": "keep foreign-target"})
    same = {"enable_original_recipient": "no", "virtual_alias_maps": "inline:{ dave@example.com=dave@example.com }"}
    mta.check_same(Tables(virtual=virtual, secondary=same), [Envelope(["<team@example.org>", "<mixed@example.org>"])],
                   {"team@example.org": "rewrite all-local"})
