"""The daemon is gone, killed, hung, stopped, observing or reloading: no mail is lost, refused or duplicated."""
import signal
import time

import compare
import rootfs
import smtp
from compare import Tables
from daemon import TABLES as COPIES
from daemon_faults import SECONDARY, Faults, message_to_user

SCENARIO = Tables(virtual="user.lastname@example.org  user@example.org\n", aliases="user: user@example.com\n")
# As a postmaster may set it for each milter (postconf(5) smtpd_milters), so that a hung milter is noticed soon.
IMPATIENT = {"smtpd_milters": "{ unix:shorthop/milter.sock, default_action=accept, connect_timeout=1s, "
                              "command_timeout=1s, content_timeout=1s }"}
FAULTS = Faults(SCENARIO, IMPATIENT, note="user@example.com")
arrives_once = FAULTS.arrives_once


def test_daemon_absent(mta):
    FAULTS.absent(mta)


def test_daemon_socket_missing(mta):
    FAULTS.socket_missing(mta)


def test_killed_before_and_started_again(mta):
    compare.apply(mta.hosts, SCENARIO, mta.daemon)
    mta.daemon.kill()
    arrives_once(mta, [message_to_user()], passes=3)
    mta.daemon.start()  # its own stale socket still exists
    arrives_once(mta, [message_to_user()], passes=1)


def test_killed_while_the_message_is_sent(mta):
    FAULTS.killed_while_sent(mta)


def test_killed_after_the_message(mta):
    compare.apply(mta.hosts, SCENARIO, mta.daemon)

    def sender(hosts, envelope):
        with smtp.Session(hosts.client, SECONDARY) as session:
            session.mail(envelope)
            session.expect(250, session.data(envelope))
            mta.daemon.kill()

    arrives_once(mta, [message_to_user()], sender, passes=1)


def test_killed_between_two_messages_of_a_session(mta):
    compare.apply(mta.hosts, SCENARIO, mta.daemon)
    first, second = message_to_user(), message_to_user()

    def sender(hosts, envelope):
        if envelope is second:
            return
        with smtp.Session(hosts.client, SECONDARY) as session:
            session.mail(first)
            session.expect(250, session.data(first))
            mta.daemon.kill()
            mta.daemon.start()  # even so, a broken connection stays broken for the session
            session.mail(second)
            session.expect(250, session.data(second))

    run = arrives_once(mta, [first, second], sender)
    taken = {ended.message: counts for ended, counts in run.received.items()}
    mta.check(taken == {first.label: [1], second.label: [3]}, f"SMTP passes are {taken}")


def test_killed_again_and_again(mta):
    FAULTS.killed_again_and_again(mta, messages=40)


def test_hung_from_the_beginning(mta):
    FAULTS.hung_from_the_beginning(mta)


def test_hung_at_the_end_of_the_message(mta):
    FAULTS.hung_at_the_end(mta)


def test_stopped_while_a_message_is_open(mta):
    # SIGTERM: whatever the daemon does with the session, the message must be neither rejected nor lost.
    compare.apply(mta.hosts, SCENARIO, mta.daemon)

    def sender(hosts, envelope):
        with smtp.Session(hosts.client, SECONDARY) as session:
            session.mail(envelope)
            session.expect(354, session.command("DATA"))
            mta.daemon.signal(signal.SIGTERM)
            time.sleep(0.2)
            session.expect(250, session.finish(envelope.text()))

    arrives_once(mta, [message_to_user()], sender)
    mta.daemon.process.wait(timeout=15)


def test_clean_stop(mta):
    compare.apply(mta.hosts, SCENARIO, mta.daemon)
    arrives_once(mta, [message_to_user()], passes=1)
    status = mta.daemon.stop(seconds=15)
    mta.check(status == 0, f"SIGTERM ended shorthopd with status {status}, expected 0")
    mta.check(not mta.daemon.place.path("/var/spool/postfix/shorthop/milter.sock").exists(),
              "the socket is left behind")


def observing(**where):
    return Tables(virtual=SCENARIO.virtual, aliases=SCENARIO.aliases, **where)


def test_observe_mode_decides_and_changes_nothing(mta):
    for tables in (observing(settings={"mode": "observe"}), observing(relay_settings={"mode": "observe"})):
        seen = mta.check_same(tables, [message_to_user()], {"user@example.org": "rewrite"})
        mta.expect_passes(seen, "user", without=3, with_milter=3)


def test_mode_of_the_relay_comes_first(mta):
    tables = observing(settings={"mode": "observe"}, relay_settings={"mode": "rewrite"})
    seen = mta.check_same(tables, [message_to_user()], {"user@example.org": "rewrite all-local"})
    mta.expect_passes(seen, "user")


def test_reload_brings_new_tables(mta):
    mta.check_same(Tables(aliases="user: ann\n"), [message_to_user()], {"user@example.org": "keep primary-mailbox"})
    mta.check_same(SCENARIO, [message_to_user()], {"user@example.org": "rewrite all-local"})


def test_unreadable_line_does_not_affect_other_keys(mta):
    compare.apply(mta.hosts, SCENARIO, mta.daemon)
    rootfs.write(mta.daemon.place, f"{COPIES}/aliases", "user: user@example.com\nthis line is no alias\n")
    result = mta.daemon.reload(check=False)
    mta.check(result.returncode == 0 and "aliases:2: warning: " in result.stdout, result.stdout)
    arrives_once(mta, [message_to_user()], passes=1)
    mta.daemon.kill()


def test_missing_table_keeps_recipients(mta):
    compare.apply(mta.hosts, SCENARIO, mta.daemon)
    mta.daemon.place.path(f"{COPIES}/virtual").unlink()
    result = mta.daemon.reload(check=False)
    mta.check(result.returncode == 66 and f"{COPIES}/virtual" in result.stdout, result.stdout)
    arrives_once(mta, [message_to_user()], passes=3)
    mta.daemon.kill()


def test_reload_while_a_message_is_open(mta):
    # A message sees one version of the tables. Postfix sends the recipients to the milter at DATA at the latest.
    compare.apply(mta.hosts, SCENARIO, mta.daemon)

    def sender(hosts, envelope):
        with smtp.Session(hosts.client, SECONDARY) as session:
            session.mail(envelope)
            session.expect(354, session.command("DATA"))
            rootfs.write(mta.daemon.place, f"{COPIES}/aliases", "user: dave@example.com\n")
            mta.daemon.reload()
            session.expect(250, session.finish(envelope.text()))

    arrives_once(mta, [message_to_user()], sender, passes=1)
