"""A private PostgreSQL server; see server.py."""
import pathlib

import server

HBA = """\
local all all trust
host all all 127.0.0.1/32 scram-sha-256
"""


def programs():
    """The folder of the newest version that is installed: Debian keeps them out of PATH."""
    folders = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return folders[::-1]


class PostgreSql(server.Server):
    """With passwords on the loopback port, and without any on the UNIX socket."""

    first_database = "postgres"

    def create(self):
        self.run_unprivileged(server.program("initdb", "postgresql", *programs()), "--pgdata", self.folder / "data",
                              "--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8",
                              "--no-sync")
        (self.folder / "data" / "pg_hba.conf").write_text(HBA)

    def command(self):
        return [server.program("postgres", "postgresql", *programs()), "-D", self.folder / "data", "-k",
                self.folder / "run", "-p", self.port, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]

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

    def uri(self):
        """For `hosts`, by way of the UNIX socket."""
        return f"postgresql://{self.user}@/{self.database}?host={self.folder / 'run'}&port={self.port}"
