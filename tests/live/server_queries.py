"""Random mysql: and pgsql: tables: their data, table files of every form, and keys, some of which try to end the quotes
of a query."""
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "oracle"))
from random_queries import FORMATS, QUERIES, Queries, USERS  # noqa: E402

SCHEMA = ("CREATE TABLE alias (id int, address varchar(1200), goto varchar(1200), domain varchar(1200), "
          "active varchar(5));")
MORE_QUERIES = [
    "SELECT goto FROM alias WHERE address='%s' ORDER BY id",
    "SELECT goto, id FROM alias WHERE address='%s' ORDER BY id",  # the result has all columns
    "SELECT goto\n   FROM alias,\n\n  # a comment between two lines\n   (SELECT 1 AS one) AS other\n  WHERE address = '%s'"
    "\n  ORDER BY id;",
    "SELECT NULL, goto, NULL FROM alias WHERE address='%s' ORDER BY id",
    "SELECT '%u', '%d' FROM alias WHERE id=1",
    "SELECT goto FROM alias WHERE address='%s' AND address NOT LIKE '%%+%%' ORDER BY id",
    "(SELECT goto FROM alias WHERE address='%s') UNION (SELECT goto FROM alias WHERE address='@%d') ORDER BY 1",
]
OF_TYPE = {
    "mysql": ["SELECT goto FROM alias WHERE address=CONCAT('%u','@','%d') ORDER BY id",
              "CALL targets_of('%s')",
              "SELECT goto FROM alias WHERE address=\"%s\" ORDER BY id"],
    "pgsql": ["SELECT goto FROM alias WHERE address='%u'||'@'||'%d' ORDER BY id",
              "SELECT 'first'; SELECT goto FROM alias WHERE address='%s' ORDER BY id",
              "SELECT goto FROM alias WHERE address=E'%s' ORDER BY id"],
}
# Without the queries that may give several rows in any order (UNION ALL or LIKE without ORDER BY).
ORDERED = [query for query in QUERIES if query.startswith("SELECT '%U'") or "ORDER" in query]


def sql_text(server_type, value):
    """The value as an SQL literal."""
    if value is None:
        return "NULL"
    text = str(value).replace("'", "''")
    return "'" + (text.replace("\\", "\\\\") if server_type == "mysql" else text) + "'"


class ServerQueries(Queries):
    def __init__(self, random, server_type):
        super().__init__(random)
        self.type = server_type

    def data(self):
        """SQL that fills a new table."""
        rows = []
        for number in range(60):
            address = self.address().lower() if self.random.random() < 0.9 else self.random.choice(USERS)
            goto = self.any_of(self.address(), self.address(), self.address() + "," + self.address(), "ann", "", None,
                               "@x", "x@", "a b", "7")
            rows.append((number, address, goto, address.rpartition("@")[2], self.any_of("0", "1", "1")))
        values = ",\n".join("(" + ",".join(sql_text(self.type, value) for value in row) + ")" for row in rows)
        return f"DROP TABLE IF EXISTS alias;\n{SCHEMA}\nINSERT INTO alias VALUES {values};\n"

    def table_file(self, parameters, domains):
        """`parameters`: the lines that name the server."""
        lines = ["# a table file", *parameters.splitlines()]
        kind = self.random.random()
        if kind < 0.15:
            lines += ["table = alias", "select_field = goto", "where_field = address"]
            lines.append(self.any_of("additional_conditions = AND active='1'\n  ORDER BY id",
                                     "additional_conditions = ORDER BY id"))
        elif kind < 0.25 and self.type == "pgsql":
            lines += ["select_function = targets_of", "table = ignored"]
        else:
            lines.append("query = " + self.any_of(*ORDERED, *MORE_QUERIES, *OF_TYPE[self.type]))
        result_format = self.random.choice(FORMATS)
        if result_format:
            lines.append("result_format = " + result_format)
        if self.random.random() < 0.2:
            lines.append(f"expansion_limit = {self.random.randrange(0, 4)}")
        if self.random.random() < 0.3:
            lines.append("domain = " + self.any_of("example.org, Example.NET", f"{domains}", "!x, example.org",
                                                   f"texthash:{domains}", "inline:{ { example.org = x } }"))
        if self.random.random() < 0.3:
            lines.append("debuglevel = 0")
        self.random.shuffle(lines)
        return "\n".join(lines) + "\n"
