"""A private MariaDB server; see server.py."""
import server


class MariaDb(server.Server):
    """The user of the tests needs a password on the socket as well as on the loopback port."""

    first_database = "mysql"

    def create(self):
        self.make_certificate()
        self.run_unprivileged(server.program("mariadb-install-db", "mariadb-server-core"), "--no-defaults",
                              f"--datadir={self.folder / 'data'}", "--auth-root-authentication-method=normal",
                              "--skip-test-db", "--skip-name-resolve")

    def command(self):
        return [server.program("mariadbd", "mariadb-server-core", *server.SBIN), "--no-defaults",
                f"--datadir={self.folder / 'data'}", f"--socket={self.socket()}", f"--port={self.port}",
                f"--bind-address={self.listens}", f"--pid-file={self.folder / 'run' / 'pid'}", "--skip-name-resolve",
                "--character-set-server=utf8mb4", "--innodb-flush-log-at-trx-commit=2",
                "--innodb-buffer-pool-size=16M", f"--tmpdir={self.folder / 'run'}",
                f"--ssl-cert={self.ca_file()}", f"--ssl-key={self.key_file()}"]

    def client(self, database):
        return [server.program("mariadb", "mariadb-client-core"), "--no-defaults", "--batch", "--skip-column-names",
                "--default-character-set=utf8mb4", f"--socket={self.socket()}", "--user=root", database]

    def prepare(self):
        quoted = self.password.replace("\\", "\\\\").replace("'", "''")
        self.run_sql(f"CREATE DATABASE {self.database}; "
                     f"CREATE USER {self.user}@'%' IDENTIFIED BY '{quoted}'; "
                     f"GRANT SELECT, EXECUTE ON {self.database}.* TO {self.user}@'%';", "mysql")

    def parameters(self, **others):
        lines = {"hosts": f"127.0.0.1:{self.port}", "user": self.user, "password": self.password,
                 "dbname": self.database, **others}
        return "".join(f"{name} = {value}\n" for name, value in lines.items())

    def socket(self):
        return self.folder / "run" / "socket"

    @staticmethod
    def other_hosts():
        """Other forms of `hosts`."""
        return []

    @staticmethod
    def charsets():
        """Character sets of connections, UTF-8 first. In the last two a backslash may be part of a character."""
        return ["utf8mb4", "latin1", "sjis", "gbk"]
