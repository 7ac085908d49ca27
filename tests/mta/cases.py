"""The case files of tests/cases, read for real mail systems. Their format is described in tests/cases/README.md."""
import dataclasses
import pathlib
import re

from compare import Tables

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "cases"
PRIMARY_USERS = ("prim1", "prim2")
SECONDARY_USERS = ("user", "ann", "bob", "carl")
PRIMARY_POSTCONF = "/var/lib/shorthop/example.org/postconf-n"
BLOCKS = ("TABLE", "FORWARD", "INCLUDE", "USERS", "POSTCONF", "MIRROR")


class BadCase(Exception):
    """A case file with an error; the text has file and line."""


@dataclasses.dataclass
class Question:
    """A recipient as sent by the client, and the expected result."""
    recipient: str
    expect: str = ""


@dataclasses.dataclass
class Case:
    title: str = ""
    profile: str = "postfix"
    tables: Tables = dataclasses.field(default_factory=lambda: Tables(primary_users=PRIMARY_USERS,
                                                                      secondary_users=SECONDARY_USERS))
    questions: list = dataclasses.field(default_factory=list)
    client: str = "client.example.net"
    mirror: dict = dataclasses.field(default_factory=dict)  # file of the mirror -> its text; empty: single tables


def read(path):
    """Reads the cases of a file."""
    cases, case, block = [], Case(), None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if block and (line.startswith("  ") or not line.strip()):
            block(line[2:])
            continue
        word, _, rest = line.partition(" ")
        block = None
        if line == "---":
            cases.append(case)
            case = Case()
        elif not line.strip():
            continue
        elif word == "#":
            case.title = case.title or rest
        elif word in BLOCKS:
            block = begin(case, word, rest)
        elif word == "PROFILE":
            case.profile = rest
        elif word == "SETTING":
            key, _, value = rest.partition("=")
            case.tables.relay_settings[key.strip()] = value.strip()
        elif word == "UNSET":
            case.tables.relay_settings[rest] = None
        elif line == "AGED":
            case.tables.aged = True
        elif line == "CLIENT primary":
            case.client = "mail.example.org"
        elif word == "ROUTE":
            mailer, host = rest.split()
            case.tables.secondary["transport_maps"] = f"inline:{{ {{ example.org = {mailer}:{host} }} }}"
        elif word == "RCPT":
            case.questions.append(Question(rest))
        elif word == "EXPECT" and case.questions:
            case.questions[-1].expect = rest
        else:
            raise BadCase(f"{path}:{number}: \"{word}\" is no line of a case file (tests/cases/README.md)")
    return cases + [case]


def begin(case, word, name):
    """Returns a function that takes the lines of the block."""
    tables = case.tables
    if word == "TABLE":
        return lambda line: setattr(tables, name, getattr(tables, name) + line + "\n")
    if word == "FORWARD":
        user = re.split(r"\+", name)[0]
        if user not in tables.primary_users:
            tables.primary_users += (user,)
        tables.forward[name] = ""
        return lambda line: tables.forward.update({name: tables.forward[name] + line + "\n"})
    if word == "INCLUDE":
        tables.include[name] = ""
        return lambda line: tables.include.update({name: tables.include[name] + line + "\n"})
    if word == "USERS":
        tables.secondary_users = ()
        return lambda line: setattr(tables, "secondary_users", tables.secondary_users + (line.strip(),))
    if word == "MIRROR":
        case.mirror[name] = ""
        return lambda line: case.mirror.update({name: case.mirror[name] + line + "\n"})
    tables.relay_settings.update({"primary-postconf": PRIMARY_POSTCONF, "recipient-delimiter": None,
                                  "primary-domains": None})
    tables.copies[PRIMARY_POSTCONF] = ""
    return lambda line: add_postconf(tables, line)


def add_postconf(tables, line):
    tables.copies[PRIMARY_POSTCONF] += line + "\n"
    key, _, value = line.partition("=")
    tables.primary[key.strip()] = value.strip()
