"""A private PostgreSQL server; see server.py."""
import pathlib
import signal
import urllib.parse

import server

HBA = """\
local all all trust
local replication all trust
host all all all scram-sha-256
"""


def programs():
    """The folders of all installed versions, the newest first: Debian keeps them out of PATH."""
    folders = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return folders[::-1]


class PostgreSql(server.Server):
    """Clients need a password on the port, and none on the UNIX socket."""

    first_database = "postgres"
    end_signal = signal.SIGINT  # does not wait for clients to leave

    def create(self):
        self.make_certificate()
        self.run_unprivileged(server.program("initdb", "postgresql", *programs()), "--pgdata", self.folder / "data",
                              "--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8",
                              "--no-sync")
        (self.folder / "data" / "pg_hba.conf").write_text(HBA)

    def command(self):
        return [server.program("postgres", "postgresql", *programs()), "-D", self.folder / "data", "-k",
                self.folder / "run", "-p", self.port, "-c", f"listen_addresses={self.listens}", "-c", "fsync=off",
                "-c", "ssl=on", "-c", f"ssl_cert_file={self.ca_file()}", "-c", f"ssl_key_file={self.key_file()}"]

    def client(self, database):
        return [server.program("psql", "postgresql-client", *programs()), "--no-psqlrc", "--quiet", "--tuples-only",
                "--no-align", "--set", "ON_ERROR_STOP=1", "--host", str(self.folder / "run"), "--port", str(self.port),
                "--username", "postgres", "--dbname", database]

    def prepare(self):
        quoted = self.password.replace("'", "''")
        self.run_sql(f"CREATE DATABASE {self.database};", "postgres")
        self.run_sql(f"CREATE USER {self.user} PASSWORD '{quoted}'; "
                     f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {self.user};")

    def parameters(self, **others):
        lines = {"hosts": f"127.0.0.1:{self.port}", "user": self.user, "password": self.password,
                 "dbname": self.database, **others}
        return "".join(f"{name} = {value}\n" for name, value in lines.items())

    def socket(self):
        """The directory of the socket, which a table file names. libpq expects a socket for port 5432 in it."""
        link = self.folder / "run" / ".s.PGSQL.5432"
        if not link.is_symlink():
            link.symlink_to(f".s.PGSQL.{self.port}")
        return self.folder / "run"

    def uri(self):
        """A URI for `hosts` that names the UNIX socket."""
        return f"postgresql://{self.user}@/{self.database}?host={self.folder / 'run'}&port={self.port}"

    def other_hosts(self):
        """Other forms of `hosts`."""
        password = urllib.parse.quote(self.password)
        return [self.uri(), str(self.socket()),
                f"postgresql://{self.user}:{password}@127.0.0.1:{self.port}/{self.database}",
                f"postgresql://{self.user}:{password}@localhost:{self.port}/{self.database}?sslmode=disable"]

    @staticmethod
    def charsets():
        """Character sets of connections; UTF-8 first."""
        return ["UTF8", "LATIN1", "SQL_ASCII"]


class Replica(PostgreSql):
    """A replica of another server (PostgreSQL's documentation, "Log-Shipping Standby Servers")."""

    def __init__(self, primary, **place):
        self.primary = primary
        super().__init__(**place)

    def create(self):
        self.make_certificate()
        self.run_unprivileged(server.program("pg_basebackup", "postgresql-client", *programs()), "--pgdata",
                              self.folder / "data", "--host", self.primary.folder / "run", "--port",
                              self.primary.port, "--username", "postgres", "--write-recovery-conf", "--wal-method", "stream",
                              "--checkpoint", "fast", "--no-sync")
        self.run_unprivileged("chmod", "700", self.folder / "data")  # pg_basebackup keeps an existing folder's mode

    def prepare(self):
        """Does nothing: this server has the data of the other one."""
