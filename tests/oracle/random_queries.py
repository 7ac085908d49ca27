"""Random sqlite: tables: a small database, table files of every form, and keys, some of which attempt SQL injection."""
import sqlite3

from choices import Choices

USERS = ["ann", "bob", "o'neil", "a.b", "a+x", "%", "\\", '"q"', "é", "x" * 300, "a''b", "50%", "_", "ann;--", "' or '1'='1"]
DOMAINS = ["example.org", "example.net", "sub.example.org", "x", "a..b", "com"]
QUERIES = [
    "SELECT goto FROM alias WHERE address='%s'",
    "SELECT goto FROM alias WHERE address='%u@%d'",
    "SELECT goto FROM alias WHERE address='%s' AND active='1'",
    "SELECT goto FROM alias\n  WHERE address = '%s'\n  UNION ALL SELECT goto FROM alias WHERE address='@%d'",
    "SELECT goto FROM alias WHERE address LIKE '%%@%d' ORDER BY goto;",
    "SELECT goto FROM alias WHERE domain='%1' OR domain='%2.%1'",
    "SELECT goto FROM alias WHERE address='%S' AND domain='%D'",
    "SELECT '%U' FROM alias WHERE address='%s' LIMIT 1",
    "SELECT NULL FROM alias WHERE address='%s'",
    "SELECT id, goto FROM alias WHERE address='%s'",
]
FORMATS = [None, None, None, "%s", "%u@mail.%d", "[%s]", "%s %S", "%U/%d", "100%% %s", "%1:%s"]


class Queries(Choices):
    def address(self):
        return self.any_of(self.random.choice(USERS), "") + "@" + self.random.choice(DOMAINS)

    def database(self, path):
        path.unlink(missing_ok=True)
        with sqlite3.connect(path) as database:
            database.execute("CREATE TABLE alias (id INTEGER PRIMARY KEY, address TEXT, goto TEXT, domain TEXT, active)")
            for _ in range(60):
                address = self.address().lower() if self.random.random() < 0.9 else self.random.choice(USERS)
                goto = self.any_of(self.address(), self.address(), self.address() + "," + self.address(), "ann", "",
                                   None, "@x", "x@", 7)
                database.execute("INSERT INTO alias (address, goto, domain, active) VALUES (?, ?, ?, ?)",
                                 (address, goto, address.rpartition("@")[2], self.any_of("0", "1", "1")))

    def table_file(self, database, domains):
        lines = ["# a table file", f"dbpath = {database}"]
        if self.random.random() < 0.2:
            lines += ["table = alias", "select_field = goto", "where_field = address"]
            if self.random.random() < 0.5:
                lines.append("additional_conditions = AND active='1'\n  ORDER BY goto")
        else:
            lines.append("query = " + self.random.choice(QUERIES))
        result_format = self.random.choice(FORMATS)
        if result_format:
            lines.append("result_format = " + result_format)
        if self.random.random() < 0.2:
            lines.append(f"expansion_limit = {self.random.randrange(0, 4)}")
        if self.random.random() < 0.3:
            lines.append("domain = " + self.any_of("example.org, Example.NET", f"{domains}", "!x, example.org",
                                                   f"texthash:{domains}", "inline:{ { example.org = x } }"))
        self.random.shuffle(lines)
        return "\n".join(lines) + "\n"

    def keys(self, count):
        keys = []
        while len(keys) < count:
            key = self.any_of(self.address(), self.address(), self.address().upper(), self.random.choice(USERS), "@x",
                              "a@b@example.org", "x" * 1000 + "@example.org", "ann@", "example.org",
                              "-ann@example.org", "ann@example.org.", "ann@.", "@", " ann@example.org", "ann@example.org ")
            if key:
                keys.append(key)
        return "\n".join(keys).encode() + b"\n"
