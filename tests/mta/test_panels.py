"""Panels: a real primary with the tables of each mirror in tests/mirrors/panel-*, and that mirror on the secondary.

Mail to each address of the mirror's `expect` ends as without shorthop, and is decided as expected. What the primary
cannot have here is left out of its settings: TLS, milters, policy services, postscreen(8). SQL and LDAP tables are read
from their listings; a content filter is replaced by a connection to the service behind it; a delivery agent, by a
program that stores the message.
"""
import collections
import dataclasses
import pathlib
import re
import shutil
import sys

import compare
import rootfs
import smtp
from compare import Tables
from hosts import ADDRESSES
from postfix import PORT_WITHOUT_MILTER

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "tool"))
import mirrors  # noqa: E402

MIRROR = "/var/lib/shorthop/panel"
RELAY_FILE = "/etc/shorthop/relay.d/example.org.conf"
SENDER = "<sender@mail.example.net>"  # example.net is a domain of some panels
USERS = tuple(mirrors.USERS.split())
# Parameters of a panel that the private hosts set by themselves, or whose programs they do not have.
LEFT_OUT = re.compile(r"mail_version|mail_owner|setgid_group|.*_directory|inet_.*|smtpd?_(tls|sasl|milters).*|postscreen_.*"
                      r"|non_smtpd_milters|milter_.*|.*header_checks|body_checks|smtpd_.*restrictions|mailbox_command"
                      r"|smtpd_restriction_classes|proxy_read_maps|virtual_[ug]id_maps|virtual_mailbox_base|myhostname"
                      r"|(message|mailbox)_size_limit")
QUERIED = re.compile(r"(?:proxy:)?\b((?:mysql|pgsql|ldap|sqlite|tcp):[^\s,]+)")
DATABASE = re.compile(r"(?<!text)\bhash:(/[^\s,}]+)")
AGENTS = ("lmtp", "virtual", "pipe")  # delivery agents whose mail is stored instead


@dataclasses.dataclass
class Panel:
    """A mirror of tests/mirrors, made into settings of a real primary."""
    name: str

    @property
    def folder(self):
        return mirrors.CORPUS / self.name

    def parameters(self):
        lines = (line.partition("=") for line in (self.folder / "postconf").read_text().splitlines())
        parameters = {name.strip(): value.strip() for name, _, value in lines}
        kept = {name: here(value) for name, value in parameters.items() if not LEFT_OUT.fullmatch(name)}
        restrictions = here(parameters.get("smtpd_recipient_restrictions", ""))
        access = re.findall(r"check_recipient_access\s+\S+[^,\s]", restrictions)
        if access:
            kept["smtpd_recipient_restrictions"] = ", ".join(access)
        if "content_filter" in kept:
            kept["content_filter"] = re.sub(r":10024$", ":10025", kept["content_filter"])
        return kept

    def services(self):
        """Services from its master.cf: the filter, the service behind it, and delivery agents."""
        master = (self.folder / "master").read_text().splitlines()
        found = {}
        for line in master:
            words = line.split()
            if len(words) < 8:
                continue
            if words[7] == "smtpd" and words[0].endswith(":10025") or words[7] == "smtp" and "amavis" in words[0]:
                found[words[0]] = line
            elif words[1] == "unix" and words[7] in AGENTS:
                found[words[0]] = agent(words[0])
        return found

    def files(self):
        """Path on the primary -> text."""
        found = {}
        for part in ("files", "include"):
            for path in sorted((self.folder / part).rglob("*")):
                if path.is_file():
                    found[f"/{path.relative_to(self.folder / part)}"] = path.read_text()
        for path in sorted((self.folder / "listed").rglob("*")):
            if path.is_file() and "unix:" not in str(path):
                found[listing(str(path.relative_to(self.folder / "listed")))] = path.read_text()
        return found

    def users(self):
        listed = self.folder / "listed/unix:passwd.byname"
        names = [line.partition("\t")[0] for line in listed.read_text().splitlines()] if listed.exists() else []
        return [name for name in names if name not in rootfs.SYSTEM_USERS]


def here(value):
    """The value with tables that the private primary can read."""
    return QUERIED.sub(lambda table: f"texthash:{listing(table[1])}", value).replace("lmdb:", "hash:")


def listing(table):
    return "/listed/" + re.sub(r"[:/]+", "-", table)


def agent(name):
    return f"{name} unix - n n - - pipe flags= user=nobody argv=/opt/test/catch {name}-${{recipient}}"


def install(primary, panel):
    primary.set_users(panel.users())
    for name, text in panel.files().items():
        primary.write(name, text)
    parameters = panel.parameters()
    services = {"lmtp": agent("lmtp"), "virtual": agent("virtual"), **panel.services()}
    primary.set_services({}, services.values())
    role = {name: None for name in ("virtual_alias_maps", "alias_maps", "alias_database")}
    settings = {**primary.base, **primary.NO_RETRY, **role, "smtpd_authorized_xforward_hosts": "127.0.0.0/8", **parameters}
    primary.write("/etc/postfix/main.cf", "".join(f"{name} = {value}\n" for name, value in settings.items()
                                                  if value is not None))
    make_databases(primary)
    primary.reload()


def make_databases(primary):
    """Makes each table that its settings name; a table whose text the panel's mirror lacks is empty."""
    shown = primary.place.run("postconf", "-nx").stdout
    aliases = DATABASE.findall(primary.place.run("postconf", "-xh", "alias_maps", "alias_database").stdout)
    for path in {*re.findall(r"texthash:(/[^\s,}]+)", shown), *DATABASE.findall(shown), *aliases}:
        if not primary.place.path(path).exists():
            primary.write(path, "")
    for path in {*DATABASE.findall(shown), *aliases}:
        primary.place.run("postalias" if path in aliases else "postmap", f"hash:{path}")


def mirror(mta, panel, expected):
    place = mta.hosts.secondary.place
    shutil.rmtree(place.path(MIRROR), ignore_errors=True)
    shutil.copytree(panel.folder, place.path(MIRROR), ignore=shutil.ignore_patterns(*mirrors.OURS))
    rootfs.write(place, RELAY_FILE, mirrors.relay_file(panel.name, pathlib.Path(MIRROR), expected) + "mode = rewrite\n")
    place.path(f"{MIRROR}/stamp").touch()


def relay(mta, expected):
    """The secondary relays the panel's domains to the primary, whatever the DNS says."""
    domains = sorted({row.address.rpartition("@")[2] for row in expected})
    routes = " ".join(f"{{ {domain} = smtp:[{ADDRESSES['mail.example.org']}] }}" for domain in domains)
    mta.hosts.secondary.set_users(USERS)
    mta.hosts.secondary.configure({**mta.hosts.secondary.MILTER, **mta.hosts.secondary.NO_RETRY,
                                   "relay_domains": ", ".join(domains), "transport_maps": f"inline:{{ {routes} }}"})


def send(mta, expected):
    """{"without": Counter of ends, "with": ...}; an end is (address sent to, host, kind, name, note)."""
    mta.hosts.forget_messages()
    mta.daemon.mark()
    for way, port in (("without", PORT_WITHOUT_MILTER), ("with", 25)):
        with smtp.Session(mta.hosts.client, ADDRESSES["mail.example.com"], port) as session:
            for at, row in enumerate(expected):
                envelope = smtp.Envelope([f"<{row.address}>"], SENDER, label=f"{way}-{at}")
                session.expect(250, session.mail(envelope)[0])
                session.expect(250, session.data(envelope))
    mta.hosts.wait_until_quiet(ignore_deferred=True)
    ended, _ = compare.collect(mta.hosts)
    ended.update(compare.deferred(mta.hosts))
    mta.hosts.drop_queues()
    ends = {"without": collections.Counter(), "with": collections.Counter()}
    for end, copies in ended.items():
        way, _, at = end.message.partition("-")
        ends[way][(expected[int(at)].address, *end[1:])] += copies
    return ends


def try_panel(mta, name):
    panel = Panel(name)
    expected = mirrors.expected_of(name)
    install(mta.hosts.primary, panel)
    relay(mta, expected)
    mirror(mta, panel, expected)
    mta.daemon.reload()
    judge(mta, name, expected)
    return len(expected)


def judge(mta, name, expected):
    """Checks that mail to each address ends alike without and with shorthop, and is decided as expected."""
    ends = send(mta, expected)
    lost, strange = ends["without"] - ends["with"], ends["with"] - ends["without"]
    mta.check(not lost and not strange, f"{name}: lost {dict(lost)}, only with shorthop {dict(strange)}")
    seen = {row.address for row in expected if row.reason != "file-target"}  # the file is /dev/null
    mta.check(seen <= {end[0] for end in ends["without"]}, f"{name}: some have no end: {ends['without']}")
    decisions = mta.daemon.decisions_for({row.address for row in expected})
    for row in expected:
        mta.check_decision(decisions.get(row.address), row.address, f"{row.decision} {row.reason}")
        if row.decision == "rewrite":
            arrived = {end[3] for end in ends["with"] if end[0] == row.address}
            wanted = {target.partition("@")[0].partition("+")[0] for target in row.targets}
            mta.check(arrived == wanted, f"{name}: {row.address} arrived at {arrived}, not {wanted}")


def test_mail_to_each_panel_ends_alike(mta):
    names = [name for name in mirrors.names() if name.startswith("panel-") and not name.endswith("-stock")]
    mta.check(len(names) >= 13, f"only {names}")
    try:
        addresses = sum(try_panel(mta, name) for name in names)
    finally:
        mta.hosts.primary.set_services({}, [])
        compare.apply(mta.hosts, Tables())
        mta.daemon.write(Tables())
        mta.daemon.reload(check=False)
    print(f"        {len(names)} panels, {addresses} addresses")
