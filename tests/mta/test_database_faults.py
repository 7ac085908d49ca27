"""The database that the secondary asks fails in every way: mail goes through the primary and arrives once, the reason
is logged once, failed look-ups are counted, and rewriting resumes by itself. The database is a replica of the
primary's, for which the secondary has its own login. The primary keeps running."""
import collections
import contextlib
import pathlib
import re
import socket
import sys
import threading
import time

import compare
import rootfs
import test_live_tables as live_tables
from compare import Tables
from hosts import ADDRESSES
from mailhost import wait_for
from observing import metrics, sum_of
from smtp import Envelope

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "live"))
from postgresql import PostgreSql, Replica  # noqa: E402
from server import ServerFailed  # noqa: E402

LOGIN_FILE = "/etc/shorthop/example.org.login"
PASSWORD = "of the secondary"
MESSAGES = 3  # sent while the database fails
REST = 10  # seconds for which a table is not asked after a failure
KEPT = re.compile(r"pgsql:\S+: (.*); recipients that may be in it are kept")
AGAIN = "it answers again"


class Replicated:
    """The databases of the primary and of the secondary, and mail through both hosts."""

    def __init__(self, mta, server, replica):
        self.mta, self.server, self.replica = mta, server, replica
        self.server.run_sql(f"CREATE USER secondary PASSWORD '{PASSWORD}'; GRANT SELECT ON alias TO secondary;")
        wait_for(lambda: self.replica.run_sql("SELECT 1 FROM pg_roles WHERE rolname = 'secondary';").strip(),
                 "login on the replica", "the replica", 60)

    def tables(self):
        asked = f"127.0.0.1:{self.server.port}"
        here = f"{ADDRESSES['mail.example.org']}:{self.replica.port}"
        return live_tables.address_tables("pgsql", self.server.parameters(hosts=asked, retry_interval="1"),
                                        {"host-override": f"{asked} -> {here}", "table-parameters": LOGIN_FILE})

    def write_login(self, password=PASSWORD):
        rootfs.write(self.mta.hosts.secondary.place, LOGIN_FILE, f"user = secondary\npassword = {password}\n", mode=0o640,
                     owner=rootfs.SYSTEM_USERS["shorthop"])

    def send(self):
        """Sends one message, which must arrive once; returns the decision about it."""
        self.mta.daemon.mark()
        self.mta.hosts.forget_messages()
        envelope = Envelope([f"<{live_tables.LATER}>"])
        compare.send(self.mta.hosts, envelope)
        decision = self.mta.daemon.decisions_for([live_tables.LATER], seconds=10)[live_tables.LATER]
        self.mta.hosts.wait_until_quiet(60)
        ended, _ = compare.collect(self.mta.hosts)
        copies = collections.Counter({(end.host, end.kind, end.name): count for end, count in ended.items()
                                      if end.message == envelope.label})
        wanted = {("mail.example.com", "mailbox", "user"): 1}
        self.mta.check(copies == wanted, f"{envelope.label} ended as {dict(copies)}")
        return decision

    def failed_lookups(self):
        samples = metrics(self.mta.daemon.tool("status", "--prometheus").stdout)
        return sum_of(samples, "shorthop_table_lookups_total", result="failed")

    def run_as_superuser(self, text):
        """Changes the primary's database, waits for the change on the replica, and ends the replica's connections."""
        self.server.run_sql(text)
        position = self.server.run_sql("SELECT pg_current_wal_lsn();").strip()
        wait_for(lambda: self.replica.run_sql(f"SELECT pg_last_wal_replay_lsn() >= '{position}';").strip() == "t",
                 "change on the replica", "the replica", 60)
        self.replica.run_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'secondary';")


@contextlib.contextmanager
def killed(pair):
    pair.replica.kill()
    yield "refused"
    pair.replica.start()


@contextlib.contextmanager
def hung(pair):
    pair.replica.suspend()
    yield "took too long"
    pair.replica.resume()


@contextlib.contextmanager
def refusing(pair):
    pair.run_as_superuser("ALTER ROLE secondary CONNECTION LIMIT 0;")
    yield "too many connections"
    pair.run_as_superuser("ALTER ROLE secondary CONNECTION LIMIT -1;")


@contextlib.contextmanager
def without_the_table(pair):
    pair.run_as_superuser("ALTER ROLE secondary SET search_path = nowhere;")
    yield 'relation "alias" does not exist'
    pair.run_as_superuser("ALTER ROLE secondary RESET search_path;")


@contextlib.contextmanager
def garbage(pair):
    """In place of the server, a program that sends garbage."""
    pair.replica.stop()
    listening = pair.mta.hosts.primary.place.in_network(
        lambda: socket.create_server(("0.0.0.0", pair.replica.port), reuse_port=False))

    def talk():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                with connection:
                    connection.sendall(b"S" + bytes(range(256)) * 40)

    threading.Thread(target=talk, daemon=True).start()
    yield ""
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    pair.replica.start()


@contextlib.contextmanager
def wrong_login(pair):
    """After a correction and a reload, the table is asked at once, without waiting for REST."""
    pair.write_login("wrong")
    pair.mta.daemon.reload()
    yield "password authentication failed"
    pair.write_login()
    pair.mta.daemon.reload()
    begun = time.monotonic()
    pair.mta.check_decision(pair.send(), live_tables.LATER, "rewrite all-local")
    pair.mta.check(time.monotonic() - begun < REST / 2, "mail was not rewritten at once after the reload")


FAULTS = (killed, hung, refusing, without_the_table, garbage, wrong_login)


def try_fault(pair, fault):
    mta = pair.mta
    before, at = pair.failed_lookups(), len(mta.daemon.all_log())
    with fault(pair) as reason:
        for _ in range(MESSAGES):
            mta.check_decision(pair.send(), live_tables.LATER, "keep lookup-failed")
        reasons = wait_for(lambda: KEPT.findall(mta.daemon.all_log()[at:]), "reason in the log", fault.__name__)
        mta.check(len(reasons) == 1 and reason in reasons[0], f"{fault.__name__}: the log says {reasons}")
        failed = pair.failed_lookups() - before
        mta.check(failed >= MESSAGES, f"{fault.__name__}: {failed} failed look-ups are counted")
    wait_for(lambda: pair.send().decision == "rewrite", "rewriting", fault.__name__, 4 * REST)
    wait_for(lambda: AGAIN in mta.daemon.all_log()[at:], "end of the failure in the log", fault.__name__)
    log = mta.daemon.all_log()[at:]
    mta.check(len(KEPT.findall(log)) == 1 and log.count(AGAIN) == 1,
              f"{fault.__name__}: the failure or its end is logged more than once:\n{log}")


def test_mail_while_the_replica_fails(mta):
    inside = ["nsenter", f"--net=/proc/{mta.hosts.primary.place.pid}/ns/net"]
    try:
        with live_tables.database_on(mta.hosts.primary, PostgreSql) as server, \
                Replica(server, inside=inside, listens="0.0.0.0") as replica:
            pair = Replicated(mta, server, replica)
            try:
                pair.write_login()
                compare.apply(mta.hosts, pair.tables(), mta.daemon)
                compare.set_milter(mta.hosts, pair.tables(), True)
                mta.check_decision(pair.send(), live_tables.LATER, "rewrite all-local")
                for fault in FAULTS:
                    try_fault(pair, fault)
            finally:
                compare.apply(mta.hosts, Tables())
                mta.daemon.write(Tables())
                mta.daemon.reload(check=False)
    except ServerFailed as failure:
        mta.check(False, str(failure))
