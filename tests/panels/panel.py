"""A panel as a folder of text: what its primary has, and what shorthop is expected to decide.

    main.cf         parameters of Postfix
    master.cf       further services; the panel's delivery agent is replaced by one that stores the message
    files           "==> PATH <==" and the text of that file; "login" is not a file: its lines replace "@login"
                    in the other files
    data.sql        the database; directory.ldif: the directory below dc=example,dc=org
    users           optional: names of system users
    before-listing  optional: SQL or LDIF that removes the data with which a listing of the tables would be incomplete
    expect          a comment on what is special, then a line for each address, as in tests/mirrors:
                    "ADDRESS rewrite all-local TARGET..." or "ADDRESS keep REASON"; "LISTED ADDRESS ..." holds if the
                    tables are listed; "LIKE NAME" stands for the lines of another panel
"""
import dataclasses
import functools
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "tool"))
from mirrors import Expected  # noqa: E402

DATA = ("data.sql", "directory.ldif")
LIVE = re.compile(r"(?:proxy:)?\b((mysql|pgsql|ldap|sqlite):(/[^\s,}]+))")
INDEXED = re.compile(r"\bhash:(/[^\s,}]+)")


@dataclasses.dataclass(frozen=True)
class Panel:
    name: str

    @property
    def folder(self):
        return HERE / self.name

    def text(self, name):
        path = self.folder / name
        return path.read_text() if path.exists() else ""

    def parameters(self):
        lines = (line.partition("=") for line in self.text("main.cf").splitlines())
        return {name.strip(): value.strip() for name, _, value in lines}

    def services(self):
        return self.text("master.cf").splitlines()

    @functools.cached_property
    def parts(self):
        pieces = re.split(r"(?m)^==> (.*) <==\n", self.text("files"))[1:]
        return dict(zip(pieces[::2], pieces[1::2]))

    def files(self):
        """Path on the primary -> text."""
        return {name: text.replace("@login\n", self.parts.get("login", ""))
                for name, text in self.parts.items() if name != "login"}

    def users(self):
        """Users of the primary's system."""
        return self.text("users").split()

    def login(self):
        """The parameters by which its table files log in."""
        lines = (line.partition("=") for line in self.parts.get("login", "").splitlines())
        return {name.strip(): value.strip() for name, _, value in lines}

    def tables(self):
        """TYPE:FILE of each table that a database answers, once."""
        return sorted({found[0] for found in LIVE.findall(self.text("main.cf"))})

    def database_type(self):
        """mysql, pgsql, ldap, sqlite, or None."""
        return next((found[1] for found in LIVE.findall(self.text("main.cf"))), None)

    def database(self):
        return next((self.text(name) for name in DATA if (self.folder / name).exists()), "")

    def expected(self, is_listed=False):
        lines = {}
        for words in (line.split() for line in self.text("expect").splitlines() if not line.startswith("#")):
            if words[0] == "LIKE":
                lines.update({one.address: one for one in Panel(words[1]).expected(is_listed)})
            elif words[0] == "LISTED" and is_listed:
                lines[words[1]] = expected_line(words[1:])
            elif words[0] != "LISTED":
                lines[words[0]] = expected_line(words)
        return list(lines.values())

    def domains(self):
        return sorted({one.address.rpartition("@")[2] for one in self.expected()})


def expected_line(words):
    return Expected(words[0], words[1], words[2], tuple(sorted(words[3:])))


def names():
    return sorted(path.parent.name for path in HERE.glob("*/expect"))
