"""The main scenario with the primary's aliases in a database: a real server on the primary, asked by the primary's
Postfix and by shorthop on the secondary, both with the primary's own table file."""
import contextlib
import pathlib
import sys

import cases
import compare
from compare import Mirror, Tables
from hosts import ADDRESSES
from mailhost import wait_for
from smtp import Envelope

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "live"))
from mariadb import MariaDb  # noqa: E402
from postgresql import PostgreSql  # noqa: E402
from server import ServerFailed  # noqa: E402

TABLE_FILE = "/etc/postfix/sql-aliases.cf"
QUERY = "query = SELECT goto FROM alias WHERE address='%s' AND active = '1'\n"
ROWS = """\
DROP TABLE IF EXISTS alias;
CREATE TABLE alias (address varchar(200), goto varchar(200), active char(1));
INSERT INTO alias VALUES ('user.lastname@example.org', 'user@example.org', '1'), ('user@example.org',
'user@example.com', '1'), ('team@example.org', 'user@example.com, dave@example.com', '1'), ('far@example.org',
'ann@example.net', '1'), ('off@example.org', 'user@example.com', '0'), ('o''neil@example.org', 'erin@example.com', '1'),
('later@example.org', 'user@example.com', '1');
"""
LATER = "later@example.org"
EXPECT = {
    "user@example.org": "rewrite all-local",
    "user.lastname@example.org": "rewrite all-local",
    "team@example.org": "rewrite all-local",
    "o'neil@example.org": "rewrite all-local",
    "far@example.org": "keep foreign-target",
    "ann@example.org": "keep primary-mailbox",
    "off@example.org": "keep",
}


@contextlib.contextmanager
def database_on(host, server_class):
    """A server in the network of the primary, listening on all its addresses."""
    with server_class(inside=["nsenter", f"--net=/proc/{host.place.pid}/ns/net"], listens="0.0.0.0") as server:
        server.run_sql(ROWS)
        yield server


def address_tables(server_type, parameters, relay_settings):
    """A primary whose aliases are in a database; `parameters` is the text of its table file without the query."""
    return Tables(
        primary={"virtual_alias_maps": f"{server_type}:{TABLE_FILE}"},
        mirror=Mirror(files={TABLE_FILE: parameters + QUERY}),
        settings={"lookup-timeout": "2s", "cache-ttl": "0s"},
        relay_settings={"mirror": cases.MIRROR_FOLDER, **dict.fromkeys(cases.REPLACED_BY_MIRROR), **relay_settings})


def tables_of(server_type, server):
    """The primary's table file has 127.0.0.1; host-override tells the secondary the real address."""
    parameters = server.parameters(hosts=f"127.0.0.1:{server.port}", idle_interval="5")
    return address_tables(server_type, parameters,
                        {"host-override": f"127.0.0.1 -> {ADDRESSES['mail.example.org']}"})


def try_scenario(mta, server_type, server_class):
    try:
        with database_on(mta.hosts.primary, server_class) as server:
            tables = tables_of(server_type, server)
            try:
                envelopes = [Envelope([f"<{address}>"]) for address in EXPECT]
                seen = mta.check_same(tables, envelopes, EXPECT)
                mta.expect_passes(seen, "user")
                check_while_it_hangs(mta, server)
                mta.check(connections(server, server_type) > 0, "shorthopd keeps no connection: it asks by postmap")
                wait_for(lambda: connections(server, server_type) == 0, "end of idle connections", "the server", 40)
                mta.check_decision(decision_about_mail(mta), LATER, "rewrite all-local")
            finally:
                compare.apply(mta.hosts, Tables())
                mta.daemon.write(Tables())
                mta.daemon.reload(check=False)
    except ServerFailed as failure:
        mta.check(False, str(failure))


def connections(server, server_type):
    """The number of connections from the secondary."""
    count = {"mysql": "SELECT count(*) FROM information_schema.processlist WHERE host LIKE '{}%';",
             "pgsql": "SELECT count(*) FROM pg_stat_activity WHERE client_addr = '{}';"}[server_type]
    return int(server.run_sql(count.format(ADDRESSES["mail.example.com"])))


def check_while_it_hangs(mta, server):
    """Mail is relayed to the primary and waits there until the database is back; then recipients are replaced again."""
    server.suspend()
    try:
        mta.check_decision(decision_about_mail(mta), LATER, "keep lookup-failed")
    finally:
        server.resume()
    mta.hosts.wait_until_quiet(60)
    wait_for(lambda: decision_about_mail(mta).decision == "rewrite", "rewriting", "the secondary", 40)
    mta.hosts.wait_until_quiet(60)


def decision_about_mail(mta):
    """Sends a message to an address that is in no other mail of the test; returns the decision."""
    mta.daemon.mark()
    compare.send(mta.hosts, Envelope([f"<{LATER}>"]))
    return mta.daemon.decisions_for([LATER], seconds=10)[LATER]


def test_aliases_in_mariadb(mta):
    try_scenario(mta, "mysql", MariaDb)


def test_aliases_in_postgresql(mta):
    try_scenario(mta, "pgsql", PostgreSql)
