"""ldap: tables while their directory server is killed, hangs, is slow, refuses logins or sends garbage: each look-up
gives the right answer or fails. When the server is back, shorthop asks it again by itself. See faults.py."""
import contextlib
import re
import time

from faults import ABSENT, FAILED, FOUND, SLACK, WAIT, Watched, read_status
from loopback import forward, frozen_relay, listening
from slapd import entry

LIMIT = WAIT + SLACK


@contextlib.contextmanager
def watched(live, server_type, **parameters):
    """Gives (server, table): a directory with one entry, and its table, which has answered once."""
    server = live.server(server_type)
    server.clear()
    server.add(person(server))
    limits = {name: parameters.pop(name) for name in ("wait", "rest") if name in parameters}
    with Watched(live, write_table(live, server_type, **parameters), **limits) as table:
        table.must_be(FOUND)
        yield server, table


def person(server, name="ann"):
    return entry(f"cn={name},{server.suffix}", objectClass=["inetOrgPerson", "extensibleObject"], cn=name, sn=name,
                 mailAlias=f"{name}@example.org", maildrop="bob")


def write_table(live, server_type, **parameters):
    """Writes the table file, and returns the name of the table."""
    text = live.server(server_type).parameters(**{"query_filter": "(mailAlias=%s)", **parameters})
    return live.table(server_type, text, "faults.cf")


def killed_and_restarted(live, server_type):
    """while the directory server is down, look-ups fail at once; after its restart it is asked again"""
    with watched(live, server_type) as (server, table):
        table.fails_while_killed(server)


def restarted_between_look_ups(live, server_type):
    """no look-up fails if the directory server was restarted between look-ups: the lost connection is replaced"""
    for login in ({}, {"server_host": live.server(server_type).socket_url()}, {"start_tls": "yes"}):
        with watched(live, server_type, **login) as (server, table):
            for how in (server.stop, server.kill):
                how()
                server.start()
                table.must_be(FOUND)


def hung(live, server_type):
    """SIGSTOP: one look-up waits as long as it may, the next ones fail at once until the table has rested"""
    with watched(live, server_type) as (server, table):
        table.fails_while_suspended(server)


def hung_before_the_first_look_up(live, server_type):
    """SIGSTOP before anything was asked, with and without TLS: the look-up ends in time"""
    server = live.server(server_type)
    server.clear()
    server.add(person(server))
    for login in ({}, {"start_tls": "yes"}, {"server_host": f"ldaps://127.0.0.1:{server.tls_port}"}, {"bind": "no"},
                  {"server_host": server.socket_url()}):
        server.suspend()
        try:
            with Watched(live, write_table(live, server_type, **login)) as table:
                assert table.must_be(FAILED) < LIMIT, login
                server.resume()
                table.resumes()
        finally:
            server.resume()


def hung_with_another_host(live, server_type):
    """if one of two hosts hangs, the other one is asked in the same look-up"""
    server = live.server(server_type)
    with listening(lambda connection: time.sleep(60)) as port:
        hosts = f"127.0.0.1:{port} 127.0.0.1:{server.port}"
        with watched(live, server_type, server_host=hosts, wait=2 * WAIT):
            pass


def hung_after_an_answer_with_another_host(live, server_type):
    """two hosts: if the one that answered last hangs, the other one is asked in the same look-up"""
    server = live.server(server_type)
    for bind in ("yes", "no"):  # without a login, the search is the first request that waits
        with frozen_relay(server.port) as (port, freeze):
            hosts = f"127.0.0.1:{port} 127.0.0.1:{server.port}"
            with watched(live, server_type, server_host=hosts, bind=bind, wait=2 * WAIT) as (_, table):
                freeze()
                table.must_be(FOUND)
                assert table.must_be(FOUND) < WAIT / 2, "the host that hangs is asked again"


def wrong_password(live, server_type):
    """with a password that is no longer right, look-ups fail; when it is right again, they resume"""
    with watched(live, server_type) as (server, table):
        config = server.folder / "slapd.conf"
        right = config.read_text()
        with Watched(live, write_table(live, server_type, bind_dn=server.admin, bind_pw=server.password)) as other:
            other.must_be(FOUND)
            for text, expected in ((right.replace(server.password, "another"), FAILED), (right, FOUND)):
                server.stop()
                config.write_text(text)
                server.start()
                table.must_be(FOUND)
                answer, _ = other.ask()
                if expected == FOUND:
                    other.resumes()
                else:
                    assert answer.startswith(FAILED) and "Invalid credentials" in answer, answer


def base_that_is_gone(live, server_type):
    """a search_base that does not exist: look-ups fail until it exists; with %d in its name the key is absent"""
    with watched(live, server_type) as (server, table):
        with Watched(live, write_table(live, server_type, search_base=f"ou=later,{server.suffix}")) as other:
            other.must_be(FAILED)
            server.add(entry(f"ou=later,{server.suffix}", objectClass="organizationalUnit", ou="later"))
            other.resumes(ABSENT)
        with Watched(live, write_table(live, server_type, search_base=f"ou=%d,{server.suffix}")) as other:
            other.must_be(ABSENT)
        table.must_be(FOUND)


def many_values(live, server_type):
    """10,000 values are one answer; if there is more than a megabyte, the look-up fails, and memory stays small"""
    with watched(live, server_type) as (server, table):
        for name, number, size in (("many", 10_000, 8), ("endless", 1_500, 2000)):
            values = [f"{n:05}".ljust(size, "x") for n in range(number)]
            server.add(entry(f"cn={name},{server.suffix}", objectClass=["inetOrgPerson", "extensibleObject"], cn=name,
                             sn=name, mailAlias=f"{name}@example.org", mailForwardingAddress=values))
            table_name = write_table(live, server_type, result_attribute="mailForwardingAddress")
            with Watched(live, table_name, wait=20) as other:
                answer, _ = other.ask(f"{name}@example.org")
                if name == "many":
                    assert sorted(answer.removeprefix("found: ").split(",")) == values, answer[:200]
                else:
                    assert answer.startswith(FAILED), answer[:200]
                peak = int(re.search(r"VmHWM:\s+(\d+)", read_status(other.process.pid))[1])
                assert peak < 100_000, f"{peak} kB"
                other.must_be(ABSENT, "nobody")
        table.must_be(FOUND)


def loops(live, server_type):
    """groups that contain themselves and each other: the look-up fails, and the next key is answered"""
    with watched(live, server_type) as (server, _):
        groups = "".join(entry(f"cn=g{n},{server.suffix}", objectClass=["groupOfNames", "extensibleObject"], cn=f"g{n}",
                               member=[f"cn=g{m % 12},{server.suffix}" for m in range(12)],
                               mailAlias=f"g{n}@example.org", maildrop="x") for n in range(12))
        server.add(groups)
        with Watched(live, write_table(live, server_type, special_result_attribute="member")) as table:
            assert "leads back to itself" in table.ask("g0@example.org")[0]
            table.must_be(FOUND)


def garbage(live, server_type):
    """a server that sends garbage, half a message, another protocol or nothing: each look-up fails"""
    answers = [b"", b"\n", b"\0" * 100, b"\xff" * 70_000, b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x16\x03\x01", b"\x30",
               b"\x30\x84\x7f\xff\xff\xff\x02\x01\x01", b"\x30\x84\x00\xff\xff\xff",
               b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00",
               b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\xff", b"\x30\x05\x02\x01\x01\x61\x00",
               b"\x30\x0c\x02\x01\x02\x64\x07\x04\x05ab\x30\x7f", b"\x30\x80\x02\x01\x01\x00\x00",
               bytes(range(256)) * 40]
    for words in answers:
        def serve(connection, text=words):
            connection.sendall(text)
            connection.settimeout(3)
            while connection.recv(4096):
                connection.sendall(text)

        for login in ({}, {"bind": "no"}, {"start_tls": "yes"}):
            with listening(serve) as port:
                name = write_table(live, server_type, server_host=f"127.0.0.1:{port}", **login)
                with Watched(live, name, rest=0) as table:
                    for _ in range(2):
                        assert table.must_be(FAILED) < LIMIT, (words, login)


def cut_connections(live, server_type):
    """a connection that is cut after any number of bytes: the look-up fails, or its answer is right"""
    with watched(live, server_type) as (server, _):
        for bytes_passed in range(0, 150, 7):
            with listening(lambda connection, limit=bytes_passed: forward(connection, server.port, limit)) as port:
                with Watched(live, write_table(live, server_type, server_host=f"127.0.0.1:{port}"), rest=0) as table:
                    for key, right in (("ann@example.org", FOUND), ("nobody", ABSENT)):
                        answer, _ = table.ask(key)
                        assert answer == right or answer.startswith(FAILED), f"after {bytes_passed} bytes: {answer}"


def slow(live, server_type):
    """a server that sends one byte per second: the look-up ends at the deadline, whatever is missing"""
    with watched(live, server_type) as (server, _):
        for bytes_at_once in (0, 1, 14, 20):
            def serve(connection, limit=bytes_at_once):
                trickle(connection, server.port, limit)

            with listening(serve) as port:
                with Watched(live, write_table(live, server_type, server_host=f"127.0.0.1:{port}")) as table:
                    assert table.must_be(FAILED) < LIMIT, bytes_at_once


def trickle(connection, port, limit):
    """Passes the first `limit` bytes of the answers at once, then sends one byte per second."""
    forward(connection, port, limit)
    for _ in range(60):
        connection.sendall(b"\x30")
        time.sleep(1)


TESTS = [killed_and_restarted, restarted_between_look_ups, hung, hung_before_the_first_look_up, hung_with_another_host,
         hung_after_an_answer_with_another_host, wrong_password, base_that_is_gone, many_values, loops, garbage, cut_connections, slow]
