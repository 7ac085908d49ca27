"""Mail that reaches the milter by another way than smtpd(8): from sendmail(1), or by postsuper -r."""
import subprocess

import compare
from compare import MILTER_SETTINGS, Tables
from smtp import Envelope

SCENARIO = Tables(virtual="user.lastname@example.org  user@example.org\n",
                  aliases="user: user@example.com\nlist: ann\n")
NON_SMTPD = {"non_smtpd_milters": MILTER_SETTINGS["smtpd_milters"]}


def submit(hosts, envelope):
    """Runs sendmail(1) as a user of the secondary."""
    user = hosts.secondary.users["dave"]
    recipients = [recipient.strip("<>") for recipient in envelope.recipients]
    command = hosts.secondary.place.command("sendmail", "-i", "-f", envelope.sender.strip("<>"), "--", *recipients,
                                            user=user, group=user)
    subprocess.run(command, input=envelope.text().replace("\r\n", "\n"), text=True, check=True, timeout=30,
                   env=hosts.secondary.place.environment())


def test_sendmail(mta):
    seen = mta.equivalent(SCENARIO, [Envelope(["<user@example.org>", "<list@example.org>"])],
                          {"user@example.org": "rewrite all-local", "list@example.org": "keep primary-mailbox"},
                          sender=submit, milter_settings=NON_SMTPD)
    mta.expect_passes(seen, "user", without=2, with_milter=0)


def test_sendmail_to_a_local_user(mta):
    mta.equivalent(SCENARIO, [Envelope(["<erin@example.com>"])], {"erin@example.com": None},
                   sender=submit, milter_settings=NON_SMTPD)


def test_requeued_mail_is_not_harmed(mta):
    """postsuper -r sends queued mail through cleanup(8) and its milters once more."""
    for milters in ({}, {**MILTER_SETTINGS, **NON_SMTPD}):
        compare.apply(mta.hosts, SCENARIO, mta.daemon)
        mta.hosts.secondary.configure({**milters, "defer_transports": "local, relay, smtp"})

        def requeued(hosts, envelope, milters=milters):
            compare.send(hosts, envelope)
            hosts.wait_until_quiet(ignore_deferred=True)
            hosts.secondary.place.run("postsuper", "-r", "ALL")
            try:
                hosts.wait_until_quiet(seconds=5, ignore_deferred=True)
            except TimeoutError:  # qmgr(8) skips a message that error(8) still has, until the next queue run
                hosts.secondary.place.run("postqueue", "-f")
                hosts.wait_until_quiet(ignore_deferred=True)
            hosts.secondary.configure(milters)
            hosts.secondary.place.run("postqueue", "-f")

        run = compare.run(mta.hosts, [Envelope(["<user@example.org>", "<list@example.org>"])], requeued)
        ended = sorted((one.host, one.name) for one in run.ended.elements())
        mta.that(ended == [("mail.example.com", "user"), ("mail.example.org", "ann")],
                 f"with {milters or 'no milter'} ended in {ended}")
