"""Mail that reaches the milter by another way than smtpd(8): from sendmail(1), or by postsuper -r."""
import dataclasses
import re
import subprocess

import compare
from compare import MILTER_SETTINGS, Tables
from smtp import Envelope

SCENARIO = Tables(virtual="user.lastname@example.org  user@example.org\n",
                  aliases="user: user@example.com\nlist: ann\n")
NON_SMTPD = {"non_smtpd_milters": MILTER_SETTINGS["smtpd_milters"]}


def submit(hosts, envelope, *options):
    """Runs sendmail(1) as a user of the secondary."""
    user = hosts.secondary.users["dave"]
    command = hosts.secondary.place.command("sendmail", "-i", *options, "-f", envelope.sender.strip("<>"), "--",
                                            *envelope.recipients, user=user, group=user)
    subprocess.run(command, input=envelope.text().replace("\r\n", "\n"), text=True, check=True, timeout=30,
                   env=hosts.secondary.place.environment())


def with_options(*options):
    return lambda hosts, envelope: submit(hosts, envelope, *options)


def submitted(mta, recipients, decisions, by=submit, tables=SCENARIO, **more):
    mta.check_same(tables, [Envelope(recipients, **more)], decisions, sender=by, milter_settings=NON_SMTPD)


def test_sendmail(mta):
    """cleanup(8) compares a deletion with the text as submitted, but shows the milter the rewritten address."""
    submitted(mta, ["user@example.org", "list@example.org"],
              {"user@example.org": "keep not-followed", "list@example.org": "keep not-followed"})


def test_sendmail_to_a_local_user(mta):
    submitted(mta, ["erin@example.com"], {"erin@example.com": None})


def test_addresses_that_cleanup_rewrites_get_no_second_copy(mta):
    mapped = "inline:{ { root@mail.example.com = user@example.org } }"
    for recipient, settings in (("user", {"myorigin": "example.org"}), ("user@example.org.", {}),
                                ("<@a.example.net:user@example.org>", {}),
                                ("root@mail.example.com", {"canonical_maps": mapped})):
        submitted(mta, [recipient], {"user@example.org": "keep not-followed"},
                  tables=dataclasses.replace(SCENARIO, secondary=settings))


def test_options_of_sendmail(mta):
    """Neither NOTIFY (-N) nor VERP (-XV) of sendmail(1) is shown to a milter."""
    refusing = Tables(aliases="sick: frank@example.com\n", secondary_forward={"frank": '"|exit 67"\n'})
    submitted(mta, ["sick@example.org", "erin@example.com"], {"sick@example.org": "keep not-followed"},
              with_options("-N", "never"), refusing)
    submitted(mta, ["user@example.org"], {"user@example.org": "keep not-followed"}, with_options("-N", "success"))
    submitted(mta, ["user@example.org"], {"user@example.org": "keep not-followed"}, with_options("-XV"),
              sender="<list@example.net>")
    senders = [re.search(r"^Return-Path: (.*)$", path.read_text(), re.MULTILINE)[1] for _, path in mta.hosts.messages()]
    mta.check(senders == ["<list+user=example.org@example.net>"], f"the senders are {senders}")


def test_requeued_mail_is_not_harmed(mta):
    """postsuper -r sends queued mail through cleanup(8) once more, but through no milter (Postfix 3.7)."""
    for milters in ({}, {**MILTER_SETTINGS, **NON_SMTPD}):
        compare.apply(mta.hosts, SCENARIO, mta.daemon)
        mta.hosts.secondary.configure({**milters, "defer_transports": "local, relay, smtp"})

        def requeued(hosts, envelope, milters=milters):
            compare.send(hosts, envelope)
            hosts.wait_until_quiet(ignore_deferred=True)
            mta.daemon.mark()
            hosts.secondary.place.run("postsuper", "-r", "ALL")
            try:
                hosts.wait_until_quiet(seconds=5, ignore_deferred=True)
            except TimeoutError:  # qmgr(8) skips a message that error(8) still has, until the next queue run
                hosts.secondary.place.run("postqueue", "-f")
                hosts.wait_until_quiet(ignore_deferred=True)
            hosts.secondary.configure(milters)
            hosts.secondary.place.run("postqueue", "-f")

        run = compare.run(mta.hosts, [Envelope(["<user@example.org>", "<list@example.org>"])], requeued)
        logged = [decision.recipient for decision in mta.daemon.decisions()]
        mta.check(not logged, f"the milter was asked again about {logged}")
        ended = sorted((end.host, end.name) for end in run.ended.elements())
        mta.check(ended == [("mail.example.com", "user"), ("mail.example.org", "ann")],
                  f"with {milters or 'no milter'} ended in {ended}")
