"""Faults of the daemon that mail must survive, whatever the secondary's mail system: absent, killed, hung."""
import dataclasses

import compare
import smtp
from hosts import ADDRESSES
from smtp import Envelope

SECONDARY = ADDRESSES["mail.example.com"]


def message_to_user(**more):
    return Envelope(["<user@example.org>"], **more)


@dataclasses.dataclass
class Faults:
    scenario: compare.Tables  # user@example.org is an alias of user@example.com
    impatient: dict           # settings of the secondary with which it soon notices a hung daemon
    note: str                 # the note of each delivery (compare.Ended)

    def arrives_once(self, mta, envelopes, sender=compare.send, passes=None, settings=None):
        """With the milter set up, each message arrives once in the mailbox of user, after `passes` SMTP passes."""
        compare.set_milter(mta.hosts, self.scenario, True, settings)
        run = compare.run(mta.hosts, envelopes, sender)
        wanted = {compare.Ended(envelope.label, "mail.example.com", "mailbox", "user", self.note)
                  for envelope in envelopes}
        mta.check(set(run.ended) == wanted and sum(run.ended.values()) == len(wanted),
                  f"each message should end once with user, but ended in {compare.show(run.ended.elements())}")
        taken = [count for counts in run.received.values() for count in counts]
        mta.check(passes is None or set(taken) == {passes}, f"took {taken} SMTP passes, expected {passes}")
        return run

    def absent(self, mta):
        mta.daemon.kill()
        compare.apply(mta.hosts, self.scenario)
        self.arrives_once(mta, [message_to_user()], passes=3)

    def socket_missing(self, mta):
        mta.daemon.kill()
        compare.apply(mta.hosts, self.scenario)
        mta.daemon.place.run("rm", "-f", mta.daemon.socket)
        self.arrives_once(mta, [message_to_user()], passes=3)

    def killed_while_sent(self, mta):
        compare.apply(mta.hosts, self.scenario, mta.daemon)

        def killed_at(step):
            def sender(hosts, envelope):
                with smtp.Session(hosts.client, SECONDARY) as session:
                    if step == "connected":
                        mta.daemon.kill()
                    session.mail(envelope)
                    if step == "recipients":
                        mta.daemon.kill()
                    session.expect(354, session.command("DATA"))
                    head, middle, rest = envelope.text().partition("\r\n\r\n")
                    session.send(head)
                    if step == "data":
                        mta.daemon.kill()
                    session.expect(250, session.finish(middle + rest))
            return sender

        for step in ("connected", "recipients", "data"):
            if not mta.daemon.running():
                mta.daemon.start()
            self.arrives_once(mta, [message_to_user(size=1000)], killed_at(step), passes=3)

    def killed_again_and_again(self, mta, messages):
        compare.apply(mta.hosts, self.scenario, mta.daemon)
        envelopes = [message_to_user() for _ in range(messages)]

        def sender(hosts, envelope):
            if envelopes.index(envelope) % 8 == 4:
                mta.daemon.kill()
            if envelopes.index(envelope) % 8 == 6:
                mta.daemon.start()
            return compare.send(hosts, envelope)

        self.arrives_once(mta, envelopes, sender)

    def hung_from_the_beginning(self, mta):
        compare.apply(mta.hosts, self.scenario, mta.daemon)
        mta.daemon.freeze()
        try:
            self.arrives_once(mta, [message_to_user()], passes=3, settings=self.impatient)
        finally:
            mta.daemon.kill()

    def hung_at_the_end(self, mta):
        compare.apply(mta.hosts, self.scenario, mta.daemon)

        def sender(hosts, envelope):
            with smtp.Session(hosts.client, SECONDARY) as session:
                session.mail(envelope)
                session.expect(354, session.command("DATA"))
                mta.daemon.freeze()
                session.expect(250, session.finish(envelope.text()))

        try:
            self.arrives_once(mta, [message_to_user()], sender, passes=3, settings=self.impatient)
        finally:
            mta.daemon.kill()
