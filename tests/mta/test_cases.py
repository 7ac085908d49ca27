"""Runs every case file through a real Postfix: the daemon decides as expected, and the mail ends as without it."""
import re

import cases
import compare
from run import Skipped
from smtp import Envelope

REFUSED = "Recipient address rejected: user unknown at the primary MX"
QUEUED_AS = re.compile(r"queued as (\S+)")


def check(mta, case):
    if case.missing_on_primary:
        raise Skipped(f"its primary would need {case.missing_on_primary}")
    envelopes = [envelope_for(question.recipient, case.client) for question in case.questions]
    accepted = [question for question in case.questions
                if not question.expect.startswith(("keep not-relayed", "reject "))]
    refused = {envelope.label for question, envelope in zip(case.questions, envelopes)
               if question.expect.startswith("reject ")}
    seen = compare.compare(mta.hosts, mta.daemon, case.tables, envelopes, await_any=min(1, len(accepted)),
                           deferred_is_final=True)
    problem = seen.problem(refused)
    mta.check(not problem, f"{problem}\n  without: {compare.show(seen.without.ended.elements())}"
                           f"\n  with:    {compare.show(seen.with_milter.ended.elements())}")
    for question, envelope in zip(case.questions, envelopes):
        check_decision(mta, question, seen.with_milter.replies[envelope.label])


def unescaped(text):
    """The original text of a log line, in which non-ASCII bytes are \\xHH."""
    return re.sub(r"(?:\\x[0-9a-f]{2})+", lambda run: bytes.fromhex(run[0].replace("\\x", "")).decode(), text)


def envelope_for(recipient, client):
    sender = "<sender@example.net>" if recipient.isascii() else "<sender@example.net> SMTPUTF8"
    return Envelope([recipient], sender, client=client)


def check_decision(mta, question, replies):
    recipient_replies, queued = replies
    if question.expect.startswith("reject "):
        code, text = recipient_replies[0]
        mta.check(code == 550 and "5.1.1" in text and REFUSED in text and queued is None,
                  f"{question.recipient}: {recipient_replies}, expected 550 5.1.1 {REFUSED}")
        return
    if queued is None:
        mta.check(recipient_replies[0][0] >= 500, f"{question.recipient}: {recipient_replies}, but not sent")
        return  # Postfix itself rejected it: the milter was not asked
    queue_id = QUEUED_AS.search(queued[1])[1]
    found = [decision for decision in mta.daemon.decisions() if decision.queue_id == queue_id]
    decision, reason, *targets = question.expect.split(" ")
    if reason == "not-relayed":
        mta.check(not found, f"{question.recipient}: {found}, expected no line for what is not relayed")
        return
    mta.check(len(found) == 1, f"{question.recipient}: {len(found)} decisions, expected {question.expect}")
    to = re.findall(r"<(.*?)>", unescaped(found[0].to or "")) if decision == "rewrite" else []
    logged = [found[0].decision, found[0].reason, *to]
    mta.check(logged[:2] == [decision, reason] and sorted(to) == sorted(targets),
              f"{question.recipient}: {' '.join(logged)}, expected {question.expect}")


def tests_of(profile):
    """name -> test, for the cases of that profile."""
    return {f"test_{path.stem}: {case.title}": lambda mta, case=case: check(mta, case)
            for path in sorted(cases.FOLDER.glob("*.case")) for case in cases.read(path) if case.profile == profile}


globals().update(tests_of("postfix"))
