"""Two secondaries that share one replicated database: each asks the copy beside it first, and the other one if that
look-up fails."""
import contextlib
import time

from faults import ABSENT, DATA, FAILED, FOUND, QUERY, SLACK, WAIT, Watched
from postgresql import Replica

COPY_SECONDS = 60  # on a busy machine


@contextlib.contextmanager
def two_secondaries(live, server_type):
    """Gives (the database, its replica, [the table of each secondary], a table that asks only the replica)."""
    server = live.server(server_type)
    server.run_sql(DATA)
    with Replica(server) as replica, contextlib.ExitStack() as stack:
        def table(name, *servers):
            hosts = " ".join(f"127.0.0.1:{server.port}" for server in servers)
            text = server.parameters(hosts=hosts, retry_interval=1) + QUERY
            return stack.enter_context(Watched(live, live.table(server_type, text, name), wait=4 * WAIT))

        both = [table("first.cf", server, replica), table("second.cf", replica, server)]
        only = table("replica.cf", replica)
        wait_for_copy(only, "ann@example.org", FOUND)
        yield server, replica, both, only


def wait_for_copy(table, key, expected):
    end = time.monotonic() + COPY_SECONDS
    while True:
        answer, _ = table.ask(key)
        if answer == expected:
            return
        assert time.monotonic() < end, f"the replica answers {answer} for {key}"
        time.sleep(0.1)


def fail_over(live, server_type):
    """one database of two is enough for both secondaries: no look-up fails, and a change reaches both"""
    with two_secondaries(live, server_type) as (server, replica, both, only):
        server.run_sql("INSERT INTO people VALUES ('new@example.org', 'carl');")
        wait_for_copy(only, "new@example.org", "found: carl")
        for broken in (server, replica):
            broken.kill()
            for _ in range(10):
                for table in both:
                    assert table.must_be("found: carl", "new@example.org") < WAIT
                    table.must_be(ABSENT, "nobody")
            broken.start()
        for table in both:
            table.must_be(FOUND)


def fail_over_from_one_that_hangs(live, server_type):
    """if a database hangs, no look-up fails: one waits for a part of its time, the next ones do not wait"""
    with two_secondaries(live, server_type) as (server, _, both, _only):
        server.suspend()
        try:
            for table in both:
                taken = [table.must_be(FOUND) for _ in range(10)]
                assert max(taken) < 2 * WAIT + SLACK, f"{max(taken)} s"
                assert sum(taken) < 4 * WAIT + SLACK, f"{sum(taken)} s"
        finally:
            server.resume()


def both_down(live, server_type):
    """if both databases are down, look-ups fail; when one of them is back, they resume"""
    with two_secondaries(live, server_type) as (server, replica, both, _):
        replica.kill()
        server.kill()
        for table in both:
            table.must_be(FAILED)
        server.start()
        for table in both:
            table.resumes()


TESTS = [fail_over, fail_over_from_one_that_hangs, both_down]
