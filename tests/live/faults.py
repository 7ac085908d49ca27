"""SQL tables while their server is killed, hangs, is slow, refuses connections or sends garbage: each look-up gives the
right answer or fails. When the server is back, shorthop asks it again by itself."""
import contextlib
import re
import subprocess
import time
import urllib.parse

from loopback import forward, frozen_relay, hanging_relay, listening

WAIT = 1.0  # seconds that a look-up may take
REST = 1.0  # seconds that a table rests after a failure
SLACK = 1.5  # seconds that a busy machine may add
FOUND, ABSENT, FAILED = "found: bob", "absent", "failed"
DATA = ("DROP TABLE IF EXISTS people; CREATE TABLE people (a varchar(99), b varchar(99)); "
        "INSERT INTO people VALUES ('ann@example.org', 'bob');")
QUERY = "query = SELECT b FROM people WHERE a='%s'\n"


class Watched:
    """A running table-query that answers one key after another, with these limits in seconds."""

    def __init__(self, live, name, wait=WAIT, rest=REST):
        limits = [str(int(seconds * 1000)) for seconds in (wait, rest)]
        self.process = subprocess.Popen([live.bin / "table-query", "watch", name, live.folder, *limits], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=live.postfix.environment)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def ask(self, key="ann@example.org"):
        """Looks up a key; returns (answer, seconds)."""
        self.process.stdin.write(key + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"table-query ended: {self.process.stderr.read()}"
        milliseconds, _, answer = line.rstrip("\n").partition("\t")
        return answer, int(milliseconds) / 1000

    def must_be(self, expected, key="ann@example.org"):
        answer, seconds = self.ask(key)
        assert answer.startswith(expected), f"{answer}, expected {expected}"
        return seconds

    def resumes(self, expected=FOUND):
        """Asks until the table answers as expected, for at most 20 rest periods. Until then each look-up must fail."""
        end = time.monotonic() + 20 * REST
        while True:
            answer, _ = self.ask()
            if answer == expected:
                return
            assert answer.startswith(FAILED) and time.monotonic() < end, answer
            time.sleep(REST / 4)

    def fails_while_killed(self, server):
        """Kills the server and starts it again. Meanwhile each look-up fails at once."""
        server.kill()
        seconds = [self.must_be(FAILED) for _ in range(5)]
        assert max(seconds) < WAIT / 2, f"a refused connection took {max(seconds)} s"
        server.start()
        self.resumes()
        self.must_be(ABSENT, "nobody")

    def fails_while_suspended(self, server):
        """Stops the server by SIGSTOP. One look-up waits as long as it may, the next ones fail at once."""
        server.suspend()
        try:
            first = self.must_be(FAILED)
            assert first < WAIT + SLACK, f"the look-up took {first} s"
            more_seconds = [self.must_be(FAILED) for _ in range(20)]
            assert sum(more_seconds) < WAIT + SLACK, f"a hung server costs {sum(more_seconds)} s again"
        finally:
            server.resume()
        self.resumes()


@contextlib.contextmanager
def watched(live, server_type, parameters="", query=QUERY, **limits):
    """Gives (server, table): a server with the data above, and its table, which has answered once."""
    server = live.server(server_type)
    server.run_sql(DATA)
    text = parameters or server.parameters()
    with Watched(live, live.table(server_type, text + query, "faults.cf"), **limits) as table:
        table.must_be(FOUND)
        yield server, table


def killed_and_restarted(live, server_type):
    """while a server is down, look-ups fail at once; after its restart it is asked again"""
    with watched(live, server_type) as (server, table):
        table.fails_while_killed(server)


def restarted_between_look_ups(live, server_type):
    """no look-up fails if the server was restarted between look-ups: the lost connection is replaced"""
    with watched(live, server_type) as (server, table):
        for how in (server.stop, server.kill):
            how()
            server.start()
            table.must_be(FOUND)


def hung(live, server_type):
    """SIGSTOP: one look-up waits as long as it may, the next ones fail at once until the table has rested"""
    with watched(live, server_type) as (server, table):
        table.fails_while_suspended(server)


def hung_before_the_first_look_up(live, server_type):
    """SIGSTOP before anything was asked: the connection is accepted by the kernel, and the look-up ends in time"""
    server = live.server(server_type)
    server.run_sql(DATA)
    server.suspend()
    try:
        with Watched(live, live.table(server_type, server.parameters() + QUERY, "faults.cf")) as table:
            assert table.must_be(FAILED) < WAIT + SLACK
            server.resume()
            table.resumes()
    finally:
        server.resume()


def hung_with_another_host(live, server_type):
    """if one of two hosts hangs, the other one is asked in the same look-up"""
    server = live.server(server_type)
    with listening(lambda connection: time.sleep(60)) as port:
        hosts = f"127.0.0.1:{port} 127.0.0.1:{server.port}"
        for _ in range(4):  # the order is random
            with watched(live, server_type, server.parameters(hosts=hosts), wait=2 * WAIT):
                pass


def hung_after_an_answer_with_another_host(live, server_type):
    """two hosts: if the one that answered last hangs, the other one is asked in the same look-up"""
    server = live.server(server_type)
    for _ in range(6):  # the order is random
        with frozen_relay(server.port) as (port, freeze):
            hosts = f"127.0.0.1:{port} 127.0.0.1:{server.port}"
            with watched(live, server_type, server.parameters(hosts=hosts), wait=2 * WAIT) as (_, table):
                freeze()
                table.must_be(FOUND)
                assert table.must_be(FOUND) < WAIT / 2, "the host that hangs is asked again"


def hung_while_connecting(live, server_type):
    """a server that hangs at any point of the login or of the TLS handshake: the look-up ends in time"""
    server = live.server(server_type)
    server.run_sql(DATA)
    with_tls = {"mysql": lambda port: server.parameters(hosts=f"127.0.0.1:{port}", tls_ciphers="HIGH"),
                "pgsql": lambda port: server.parameters(hosts=f"{login_uri(server, port)}?sslmode=require")}[server_type]
    for bytes_sent in (0, 7, 30, 36, 40, 100, 300, 400, 500, 600, 700):
        with hanging_relay(server.port, bytes_sent) as port:
            for text in (with_tls(port), server.parameters(hosts=f"127.0.0.1:{port}")):
                with Watched(live, live.table(server_type, text + QUERY, "hung.cf")) as table:
                    answer, seconds = table.ask()
                    assert answer == FOUND or answer.startswith(FAILED), f"after {bytes_sent} bytes: {answer}"
                    assert seconds < WAIT + SLACK, f"after {bytes_sent} bytes the look-up took {seconds} s"


def login_uri(server, port):
    return f"postgresql://{server.user}:{urllib.parse.quote(server.password)}@127.0.0.1:{port}/{server.database}"


def hung_with_tls(live, server_type):
    """SIGSTOP while a connection with TLS is open: the look-up ends in time"""
    server = live.server(server_type)
    tls = {"mysql": lambda: server.parameters(tls_ciphers="HIGH"),
           "pgsql": lambda: server.parameters(hosts=f"{login_uri(server, server.port)}?sslmode=require")}[server_type]
    with watched(live, server_type, tls()) as (server, table):
        server.suspend()
        try:
            assert table.must_be(FAILED) < WAIT + SLACK
        finally:
            server.resume()
        table.resumes()


def endless(live, server_type):
    """an answer of endless rows without values: the look-up ends in time"""
    server = live.server(server_type)
    server.run_sql("DROP TABLE IF EXISTS many; CREATE TABLE many (n int); "
                   f"INSERT INTO many VALUES {','.join(f'({n})' for n in range(10_000))};")
    query = "query = SELECT NULL FROM many, many AS m, many AS o WHERE '%s'<>''\n"
    with Watched(live, live.table(server_type, server.parameters() + query, "endless.cf")) as table:
        assert table.must_be(FAILED) < WAIT + SLACK


def slow(live, server_type):
    """a slow query ends at the deadline; then a fast query to the same server is answered"""
    sleep = {"mysql": "SLEEP(30)=0", "pgsql": "pg_sleep(30) IS NOT NULL"}[server_type]
    query = f"query = SELECT b FROM people WHERE a='%s' AND ('%u'<>'slow' OR {sleep})\n"
    with watched(live, server_type, query=query) as (server, table):
        server.run_sql("INSERT INTO people VALUES ('slow@example.org', 'never');")
        seconds = table.must_be(FAILED, "slow@example.org")
        assert WAIT / 2 <= seconds < WAIT + SLACK, f"{seconds} s"
        table.resumes()


def wrong_password(live, server_type):
    """a wrong password or a missing database is a failure; when the password is right again, look-ups resume"""
    server = live.server(server_type)
    with watched(live, server_type) as (server, table):
        change_password(server, server_type, "another")
        server.stop()
        server.start()
        table.must_be(FAILED)
        assert "password" in table.ask()[0].lower() or "access denied" in table.ask()[0].lower()
        change_password(server, server_type, server.password)
        table.resumes()
    name = live.table(server_type, server.parameters(dbname="nowhere") + QUERY, "nowhere.cf")
    with Watched(live, name) as table:
        table.must_be(FAILED)


def change_password(server, server_type, password):
    quoted = password.replace("'", "''")
    if server_type == "mysql":
        quoted = quoted.replace("\\", "\\\\")
        server.run_sql(f"ALTER USER {server.user}@'%' IDENTIFIED BY '{quoted}';")
    else:
        server.run_sql(f"ALTER USER {server.user} PASSWORD '{quoted}';")


def refusing(live, server_type):
    """a server that refuses the login or further connections: look-ups fail, and resume when it accepts them"""
    refuse, accept = {
        "mysql": ("ALTER USER mail@'%' ACCOUNT LOCK;", "ALTER USER mail@'%' ACCOUNT UNLOCK;"),
        "pgsql": ("ALTER ROLE mail CONNECTION LIMIT 0;", "ALTER ROLE mail CONNECTION LIMIT -1;")}[server_type]
    with watched(live, server_type) as (server, table):
        server.run_sql(refuse)
        try:
            server.stop()
            server.start()
            for _ in range(5):
                assert table.must_be(FAILED) < WAIT
        finally:
            server.run_sql(accept)
        table.resumes()


def schema_changed(live, server_type):
    """if the SQL table is gone or has other columns, look-ups fail; they resume when it is right again"""
    with watched(live, server_type) as (server, table):
        server.run_sql("ALTER TABLE people RENAME TO persons;")
        table.must_be(FAILED)
        server.run_sql("ALTER TABLE persons RENAME TO people;")
        table.resumes()
        server.run_sql("ALTER TABLE people DROP COLUMN b;")
        table.must_be(FAILED)
        server.run_sql(DATA)
        table.resumes()


def many_rows(live, server_type):
    """10,000 rows are one answer; if there is more than a megabyte, the look-up fails, and memory stays small"""
    with watched(live, server_type) as (server, table):
        server.run_sql("DROP TABLE IF EXISTS many; CREATE TABLE many (n int, b varchar(9)); "
                       f"INSERT INTO many VALUES {','.join(f'({n},{n!r})' for n in range(10_000))};")
        text = server.parameters()
        name = live.table(server_type, text + "query = SELECT b FROM many WHERE '%s'='all' ORDER BY n\n", "many.cf")
        with Watched(live, name, wait=20) as other:
            answer, _ = other.ask("all")
            assert answer == "found: " + ",".join(map(str, range(10_000))), answer[:200]
            other.must_be(ABSENT, "none")
        endless = "SELECT m.b FROM many, many AS m, many AS o WHERE '%s'='all'"
        name = live.table(server_type, text + f"query = {endless}\n", "endless.cf")
        with Watched(live, name, wait=20) as other:
            other.must_be("failed: ", "all")
            peak = int(re.search(r"VmHWM:\s+(\d+)", read_status(other.process.pid))[1])
            assert peak < 100_000, f"{peak} kB"
            other.must_be(ABSENT, "none")
        table.must_be(FOUND)


def read_status(pid):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
        return status.read()


def garbage(live, server_type):
    """a server that sends garbage, half a greeting, another protocol or nothing: each look-up fails"""
    greetings = [b"", b"\n", b"\0" * 100, b"\xff" * 70_000, b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x16\x03\x01",
                 b"E\0\0\0\x09SFATAL\0", b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I", b"R\xff\xff\xff\xff", b"S",
                 b"\xff\xff\xff\0\x0a10.0\0", b"\x4a\0\0\0\x0a5.5.5-10.11\0\x01\0\0\0aaaaaaaa\0\xff\xff\x2d\x02\0\xff",
                 b"\x07\0\0\x02\0\0\0\x02\0\0\0", bytes(range(256)) * 40]
    server = live.server(server_type)
    server.run_sql(DATA)
    for greeting in greetings:
        def serve(connection, words=greeting):
            connection.sendall(words)
            connection.settimeout(3)
            while connection.recv(4096):
                connection.sendall(words)

        with listening(serve) as port:
            name = live.table(server_type, server.parameters(hosts=f"127.0.0.1:{port}") + QUERY, "garbage.cf")
            with Watched(live, name, rest=0) as table:
                for _ in range(2):
                    assert table.must_be(FAILED) < WAIT + SLACK, greeting
        hosts = f"127.0.0.1:{port} 127.0.0.1:{server.port}"
    with watched(live, server_type, server.parameters(hosts=hosts)):
        pass


def cut_connections(live, server_type):
    """a connection that is cut after any number of bytes: the look-up fails, or its answer is right"""
    server = live.server(server_type)
    server.run_sql(DATA)
    for bytes_passed in [*range(0, 200, 23), *range(200, 1200, 97)]:
        with listening(lambda connection, limit=bytes_passed: forward(connection, server.port, limit)) as port:
            name = live.table(server_type, server.parameters(hosts=f"127.0.0.1:{port}") + QUERY, "cut.cf")
            with Watched(live, name, rest=0) as table:
                for key, right in (("ann@example.org", FOUND), ("nobody", ABSENT)):
                    answer, _ = table.ask(key)
                    assert answer == right or answer.startswith(FAILED), f"after {bytes_passed} bytes: {answer}"


TESTS = [killed_and_restarted, restarted_between_look_ups, hung, hung_before_the_first_look_up, hung_with_another_host,
         hung_after_an_answer_with_another_host, hung_while_connecting, hung_with_tls, slow, endless, wrong_password,
         refusing, schema_changed, many_rows, garbage, cut_connections]
