"""Database servers on the primary of the private hosts: at their usual ports, and where panels expect their sockets.

The programs and their data are on this machine, as in tests/live; only the network is the primary's.
"""
import pathlib
import re
import socket
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(ROOT / "live"), str(ROOT / "mta")]
import server  # noqa: E402
from mariadb import MariaDb  # noqa: E402
from postgresql import PostgreSql  # noqa: E402
from slapd import Slapd  # noqa: E402

MYSQL_SOCKET = "/run/mysqld/mysqld.sock"  # of Debian's packages; MySQL's client uses it for "localhost"
MYSQL_PUBLISHED = 13306  # the port by which mailcow's container is reached on its host
OTHER_RULES = "access to * by * read\n"  # of slapd, after the page's rules
OTHER_HOSTS = "host all all 192.0.2.0/24 scram-sha-256\n"


class OnHost:
    """A server in the network of a place, at its usual port."""

    usual_port = 0

    def __init__(self, place):
        self.place = place
        super().__init__()

    def unprivileged(self, words):
        return ["nsenter", f"--net=/proc/{self.place.pid}/ns/net", *super().unprivileged(words)]

    def create(self):
        self.port = self.usual_port
        super().create()


class HostMariaDb(OnHost, MariaDb):
    usual_port = 3306

    def command(self):
        return [*super().command(), "--bind-address=0.0.0.0"]

    def prepare(self):
        run_dir = self.place.path(MYSQL_SOCKET).parent
        run_dir.mkdir(parents=True, exist_ok=True)
        link = self.place.path("/var/run")
        if not link.is_symlink():
            link.symlink_to("/run")
        forward(self.place, socket_at(self.place, MYSQL_SOCKET), self.usual_port)
        forward(self.place, port_at(self.place, "0.0.0.0", MYSQL_PUBLISHED), self.usual_port)

    def make_database(self, login, text):
        """The panel's database, with its user as in its table files."""
        self.run_sql(f"CREATE OR REPLACE DATABASE {login['dbname']}; CREATE OR REPLACE USER {login['user']}@'%' IDENTIFIED BY "
                     f"'{login['password']}'; GRANT ALL ON {login['dbname']}.* TO {login['user']}@'%';", "mysql")
        self.run_sql(text, login["dbname"])

    def change(self, text, database):
        self.run_sql(text, database)

    def make_login(self, text, database, _rules):
        self.run_sql(text, database)

    def forget_login(self, _database):
        self.run_sql("DROP USER IF EXISTS shorthop@'192.0.2.20', shorthop@'%';", "mysql")


class HostPostgreSql(OnHost, PostgreSql):
    usual_port = 5432

    def create(self):
        super().create()
        hba = self.folder / "data" / "pg_hba.conf"
        hba.write_text(hba.read_text() + OTHER_HOSTS)

    def command(self):
        return [*super().command(), "-c", "listen_addresses=*"]

    def prepare(self):
        """Does nothing: each panel makes its own database."""

    def make_database(self, login, text):
        self.run_sql(f"CREATE USER {login['user']} PASSWORD '{login['password']}';", "postgres")
        self.run_sql(f"CREATE DATABASE {login['dbname']};", "postgres")
        self.run_sql(text, login["dbname"])
        self.run_sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {login['user']};", login["dbname"])

    def change(self, text, database):
        self.run_sql(text, database)

    def make_login(self, text, database, _rules):
        self.run_sql(text, database)

    def forget_login(self, database):
        if self.run_sql("SELECT 1 FROM pg_roles WHERE rolname = 'shorthop';", database).strip():
            self.run_sql("DROP OWNED BY shorthop; DROP USER shorthop;", database)


class HostSlapd(OnHost, Slapd):
    usual_port = 389

    def command(self):
        words = super().command()
        at = words.index("-h") + 1
        return [*words[:at], words[at].replace("ldap://127.0.0.1:", "ldap://0.0.0.0:"), *words[at + 1:]]

    def create(self):
        super().create()
        config = self.folder / "slapd.conf"
        definitions = (pathlib.Path(__file__).with_name("schema.conf")).read_text()
        config.write_text(config.read_text().replace("\nmodulepath", f"\n{definitions}\nmodulepath", 1)
                          .replace("\ndatabase mdb", f"\ndefaultsearchbase {self.suffix}\ndatabase mdb", 1)
                          + "\n" + OTHER_RULES)

    def make_database(self, _login, text):
        """Replaces the directory of the previous panel by the directory of this panel."""
        self.clear()
        self.add(text)

    def change(self, text, _database):
        self.modify(text)

    def make_login(self, text, _database, rules):
        """Adds the login; the page's access rules let it read everything but passwords."""
        self.add(text + "\n")
        if not rules:
            return
        config = self.folder / "slapd.conf"
        config.write_text(re.sub(r"(?m)^access to (?:.|\n)*", lambda _: rules + OTHER_RULES, config.read_text(), count=1))
        self.stop()
        self.start()
        base = re.search(r'dn\.subtree="([^"]*)"', rules)[1] or self.suffix
        login = [re.search(rf"(?m)^{word}: (.*)$", text)[1] for word in ("dn", "userPassword")]
        seen, there = (self.client("ldapsearch", "-LLL", "-D", name, "-w", password, "-b", base, "objectClass", "userPassword")
                       for name, password in (login, (self.admin, self.password)))
        if "\nuserPassword:" not in there.stdout or "\nobjectClass:" not in seen.stdout or "userPassword" in seen.stdout:
            raise AssertionError(f"{login[0]} reads:\n{seen.stdout}{seen.stderr}of:\n{there.stdout}")

    def forget_login(self, _database):
        """Nothing to do: the login is an entry of the directory, which is replaced."""


KINDS = {"mysql": HostMariaDb, "pgsql": HostPostgreSql, "ldap": HostSlapd}


# Connections that are passed on

def socket_at(place, path):
    """A UNIX socket on the place's file system that everybody may use."""
    there = place.path(path)
    there.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(there))
    there.chmod(0o777)
    return listening


def port_at(place, address, port):
    def bound():
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((address, port))
        return listening
    return place.in_network(bound)


def forward(place, listening, port):
    """Passes each connection on to a port of the place's loopback address, byte by byte."""
    def pass_on(connection):
        with connection, place.connect("127.0.0.1", port) as onward:
            onward.settimeout(None)
            back = threading.Thread(target=copy, args=(onward, connection), daemon=True)
            back.start()
            copy(connection, onward)
            back.join()
    serve(listening, pass_on)


def serve(listening, action):
    """Runs the action with each connection, in a thread of its own, until this process ends."""
    listening.listen(64)

    def accept():
        while True:
            connection = listening.accept()[0]
            threading.Thread(target=guarded, args=(action, connection), daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()


def guarded(action, connection):
    try:
        action(connection)
    except OSError:
        connection.close()  # the other end went away


def copy(source, target):
    while data := source.recv(1 << 16):
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)


def permit_all(connection):
    """A policy service (SMTPD_POLICY_README) that decides nothing, in place of iRedAPD."""
    with connection, connection.makefile("rb") as requests:
        for line in requests:
            if line == b"\n":
                connection.sendall(b"action=DUNNO\n\n")
