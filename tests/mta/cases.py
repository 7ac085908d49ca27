"""The case files of tests/cases, read for real mail systems. Their format is described in tests/cases/README.md."""
import dataclasses
import pathlib
import re

from compare import Mirror, Tables

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "cases"
PRIMARY_USERS = ("prim1", "prim2")
SECONDARY_USERS = ("user", "ann", "bob", "carl")
PRIMARY_POSTCONF = "/var/lib/shorthop/example.org/postconf-n"
MIRROR_FOLDER = "/var/lib/shorthop/example.org/mirror"
REPLACED_BY_MIRROR = ("virtual-alias-maps", "alias-maps", "forward-files", "include-root", "recipient-delimiter",
                     "primary-domains")
ALIAS_TABLES = ("/etc/postfix/virtual", "/etc/aliases")  # which every primary has
OVERRIDE = re.compile(r"(\S+)/(\w+)/(\w+) = ?(.*)")
SERVED = re.compile(r"\b(?:mysql|pgsql|ldap|tcp|socketmap):")
HASHED = re.compile(r"\bhash:(/[^\s,}]+)")
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
    missing_on_primary: str = ""  # what the primary of the tests lacks for this case; empty: nothing


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
            if key.strip() == "domains" and value.isascii():
                case.tables.secondary["relay_domains"] = value.strip()
        elif word == "UNSET" and rest in ("postconf", "master", "stamp"):
            add_mirror(case.tables).left_out.add(rest)
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
            raise BadCase(f"{path}:{number}: \"{word}\" is not a line of a case file (tests/cases/README.md)")
    return cases + [case]


def begin(case, word, name):
    """Returns a function that takes one line of the block."""
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
        add_mirror(tables)
        return (lambda line: add_to_mirror(case, name, line)) if name else None
    tables.relay_settings.update({"primary-postconf": PRIMARY_POSTCONF, "recipient-delimiter": None,
                                  "primary-domains": None})
    tables.copies[PRIMARY_POSTCONF] = ""
    return lambda line: add_postconf(tables, line)


def add_postconf(tables, line):
    tables.copies[PRIMARY_POSTCONF] += line + "\n"
    key, _, value = line.partition("=")
    tables.primary[key.strip()] = value.strip()


def add_mirror(tables):
    if not tables.mirror:
        tables.mirror = Mirror()
        tables.relay_settings.update({"mirror": MIRROR_FOLDER, **dict.fromkeys(REPLACED_BY_MIRROR)})
    return tables.mirror


def add_to_mirror(case, name, line):
    tables, mirror = case.tables, case.tables.mirror
    if name == "postconf":
        key, _, value = line.partition("=")
        tables.primary[key.strip()] = value.strip()
        mirror.hashed.update(path for path in HASHED.findall(value) if path not in ALIAS_TABLES)
        if key.strip() == "content_filter":
            case.missing_on_primary = "a content filter"
        if SERVED.search(value):
            case.missing_on_primary = "a server that its tables ask"
    elif name == "master":
        add_service(mirror, line)
    elif name.startswith("files/"):
        path = name.removeprefix("files")
        mirror.files[path] = mirror.files.get(path, "") + line + "\n"
    else:
        case.missing_on_primary = name


def add_service(mirror, line):
    """A line of `postconf -P` or of `postconf -M`."""
    override = OVERRIDE.fullmatch(line)
    if override:
        name, kind, parameter, value = override.groups()
        at = next((at for at, more in enumerate(mirror.more_services) if more.split()[:2] == [name, kind]), None)
        if at is None:
            mirror.services.setdefault(f"{name} {kind}", {})[parameter] = value
        else:
            mirror.more_services[at] += f" -o {parameter}={value}"
        mirror.hashed.update(HASHED.findall(value))
    else:
        mirror.more_services.append(line)
