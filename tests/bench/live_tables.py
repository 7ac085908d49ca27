"""The live tables of the benchmarks: a row for each type, with its server, its data and its table file."""
import contextlib
import pathlib
import sqlite3
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path += [str(HERE.parent / "live"), str(HERE.parent / "mta"), str(HERE.parent / "oracle")]
from mariadb import MariaDb  # noqa: E402
from postgresql import PostgreSql  # noqa: E402
from slapd import Slapd, entry  # noqa: E402
from server import ServerFailed  # noqa: E402, F401  (for the benchmarks)

ENTRIES = 10_000
SCHEMA = "CREATE TABLE alias (address varchar(100) PRIMARY KEY, goto varchar(100))"
QUERY = "query = SELECT goto FROM alias WHERE address='%s'\n"


def rows():
    """SQL for all entries."""
    values = ",".join(f"('user{n}@live.example','user{n}@example.com')" for n in range(ENTRIES))
    return f"{SCHEMA}; INSERT INTO alias VALUES {values};"


class OnServer:
    """A table on a real server."""

    fault = "its server stopped by SIGSTOP"

    def __init__(self, server_type, server):
        self.type, self.server = server_type, server

    def fill(self, _folder):
        self.server.run_sql(rows())

    def parameters(self):
        return self.server.parameters() + QUERY

    def break_it(self):
        self.server.suspend()

    def mend(self):
        self.server.resume()

    def close(self):
        self.server.close()


class OnDirectory(OnServer):
    """A table in a directory (LDAP)."""

    def fill(self, _folder):
        suffix = self.server.suffix
        self.server.add("".join(entry(f"cn={n},{suffix}", objectClass=["inetOrgPerson", "extensibleObject"], cn=str(n),
                                      sn="x", mailAlias=f"user{n}@live.example", maildrop=f"user{n}@example.com")
                                for n in range(ENTRIES)))

    def parameters(self):
        return self.server.parameters(query_filter="(mailAlias=%s)")


class OnSqlite:
    """A table in a database file: what can hang is a lock, held by another process."""

    type = "sqlite"
    fault = "its file locked by another process"
    LOCKER = ("import sqlite3, sys\ndatabase = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
              "database.execute('BEGIN EXCLUSIVE')\nprint('locked', flush=True)\nsys.stdin.read()\n")

    def fill(self, folder):
        self.path = folder / "database"
        with contextlib.closing(sqlite3.connect(self.path)) as database:
            database.executescript(rows())

    def parameters(self):
        return f"dbpath = {self.path}\n{QUERY}"

    def break_it(self):
        self.locker = subprocess.Popen([sys.executable, "-c", self.LOCKER, self.path], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE)
        self.locker.stdout.readline()

    def mend(self):
        self.locker.communicate()

    def close(self):
        """Does nothing: the file is removed with the folder."""


TYPES = {
    "sqlite": OnSqlite,
    "mysql": lambda: OnServer("mysql", MariaDb()),
    "pgsql": lambda: OnServer("pgsql", PostgreSql()),
    "ldap": lambda: OnDirectory("ldap", Slapd()),
}


@contextlib.contextmanager
def table(name, folder):
    """The table of that type, filled, and its table file as "TYPE:PATH"."""
    live = TYPES[name]()
    try:
        live.fill(folder)
        path = folder / f"{name}.cf"
        path.write_text(live.parameters(), encoding="utf-8")
        yield live, f"{name}:{path}"
    finally:
        live.close()
