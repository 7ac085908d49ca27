"""Delivery status notifications: NOTIFY is passed on and merged, ORCPT names the original recipient.

Source: RFC 3461 (NOTIFY, ORCPT, RET), RFC 3464 (the report).
"""
import compare
from compare import Tables
from smtp import Envelope

ALIASES = "user: user@example.com\nteam: user@example.com\nsick: frank@example.com\n"
# A user of this host whose .forward makes delivery fail: EX_NOUSER of sysexits.h.
FAILS = {"frank": '"|exit 67"\n'}


def reports(run):
    return sorted(ended.note for ended in run.ended.elements() if ended.kind == "report")


def same_reports(mta, recipient, sender="<sender@example.net>", expect=None):
    tables = Tables(aliases=ALIASES, secondary_forward=FAILS)
    # A probe to another mailbox: if no report is expected, some mail must still arrive.
    seen = mta.check_same(tables, [Envelope([recipient], sender=sender), Envelope(["<erin@example.com>"])], expect)
    return reports(seen.with_milter)


def test_bounce_names_the_original_recipient(mta):
    found = same_reports(mta, "<sick@example.org>", expect={"sick@example.org": "rewrite all-local"})
    mta.check(found == ["failed sick@example.org"], f"the report says {found}")


def test_bounce_names_the_orcpt_of_the_client(mta):
    found = same_reports(mta, "<sick@example.org> ORCPT=rfc822;first+2Bone@example.net",
                         expect={"sick@example.org": "rewrite all-local"})
    mta.check(found == ["failed first+one@example.net"], f"the report says {found}")


def test_bounce_names_an_orcpt_beyond_ascii(mta):
    """RFC 6533, section 3: an ORCPT of type utf-8 is not xtext; in it "\\x{EB}" stands for a character."""
    found = same_reports(mta, "<sick@example.org> ORCPT=utf-8;Zo\\x{EB}@example.net",
                         expect={"sick@example.org": "rewrite all-local"})
    mta.check(found == ["failed Zoë@example.net"], f"the report says {found}")


def test_notify_never(mta):
    found = same_reports(mta, "<sick@example.org> NOTIFY=NEVER", expect={"sick@example.org": "rewrite all-local"})
    mta.check(found == [], f"no report was wanted, but there is {found}")


def test_notify_beside_a_form_that_only_postfix_reads(mta):
    """One deletion removes both recipients."""
    tables = Tables(aliases=ALIASES, secondary_forward=FAILS)
    mta.check_same(tables, [Envelope(["<sick@example.org(x)>", "<sick@example.org> NOTIFY=NEVER"])],
                   {"sick@example.org": "keep invalid-address"})


def test_notify_failure_with_return_of_headers(mta):
    found = same_reports(mta, "<sick@example.org> NOTIFY=FAILURE", "<sender@example.net> RET=HDRS ENVID=abc123",
                         expect={"sick@example.org": "rewrite all-local"})
    mta.check(found == ["failed sick@example.org"], f"the report says {found}")


def test_null_sender_is_not_answered(mta):
    found = same_reports(mta, "<sick@example.org>", "<>")
    mta.check(found == [], f"a bounce is not answered, but there is {found}")


def with_success(mta, recipients):
    """The Comparison for these recipients. Its reports differ: with the milter, another host reports the success."""
    aliases = [name.split(">")[0].strip("<") for name in recipients if "example.org" in name]
    return compare.compare(mta.hosts, mta.daemon, Tables(aliases=ALIASES), [Envelope(recipients)],
                           await_decisions=aliases)


def test_notify_success_names_the_original_recipient(mta):
    # Without the milter the primary reports success (it "expanded" the alias, or relayed the message). With the milter
    # this host does. Each report must name the same recipient.
    seen = with_success(mta, ["<user@example.org> NOTIFY=SUCCESS"])
    for run in (seen.without, seen.with_milter):
        told = [note for note in reports(run) if note.endswith("user@example.org")]
        mta.check(told and told == reports(run), f"reports are {reports(run)}, each should name user@example.org")
    mta.check(reports(seen.with_milter) == ["delivered user@example.org"],
              f"with the milter the report says {reports(seen.with_milter)}")
    mta.check(sum(1 for ended in seen.with_milter.ended if ended.kind == "mailbox") == 1, "one mailbox should have it")


def test_notify_success_with_orcpt(mta):
    seen = with_success(mta, ["<user@example.org> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;asked@example.net"])
    mta.check(reports(seen.with_milter) == ["delivered asked@example.net"],
              f"with the milter the report says {reports(seen.with_milter)}")


def test_no_success_report_that_nobody_asked_for(mta):
    found = same_reports(mta, "<user@example.org>", expect={"user@example.org": "rewrite all-local"})
    mta.check(found == [], f"no report was wanted, but there is {found}")


def test_notify_of_two_recipients_with_one_target(mta):
    seen = with_success(mta, ["<user@example.org> NOTIFY=SUCCESS", "<team@example.org> NOTIFY=NEVER"])
    mta.check(len(reports(seen.with_milter)) == 1,
              f"one recipient asked for a report, but there is {reports(seen.with_milter)}")
    mailboxes = [ended for ended in seen.with_milter.ended.elements() if ended.kind == "mailbox"]
    mta.check(len(mailboxes) == 1, f"one target is one copy, but there are {len(mailboxes)}")


def test_notify_of_a_target_in_the_envelope(mta):
    for own in ("NOTIFY=NEVER", "NOTIFY=FAILURE", ""):
        seen = with_success(mta, [f"<user@example.com> {own}".strip(), "<user@example.org> NOTIFY=SUCCESS"])
        mailboxes = [ended for ended in seen.with_milter.ended.elements() if ended.kind == "mailbox"]
        mta.check({ended.name for ended in mailboxes} == {"user"}, f"user should get it, but mail is in {mailboxes}")
        mta.check(reports(seen.with_milter), f"{own}: success should be reported, but there is no report")


def test_recipient_with_utf8_address_is_left_to_postfix(mta):
    tables = Tables(aliases="user: user@example.com\n")
    mta.check_same(tables, [Envelope(["<user@example.org>", "<jürgen@example.org>"],
                                     sender="<sender@example.net> SMTPUTF8")])
