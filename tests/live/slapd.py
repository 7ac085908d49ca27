"""A private slapd with a small directory; see server.py. Debian's package is unpacked in the cache of tests/mta,
because an installed package would start a server on this machine.

    with Slapd() as directory:
        directory.add(entry("mail=ann@example.org", objectClass=["inetOrgPerson"], cn="ann", sn="ann"))
        table_file = directory.parameters(query_filter="(mail=%s)", result_attribute="mail")
"""
import base64
import os
import pathlib
import subprocess
import sys

import server

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "mta"))
import fetch  # noqa: E402  (extracts Debian's packages)


SCHEMAS = ("core", "cosine", "inetorgperson", "nis")
# Attributes of directories for mail; with extensibleObject an entry may have any of them.
TEXTS = ("maildrop", "mailacceptinggeneralid", "mailAlias", "mailAlternativeAddress", "mailForwardingAddress",
         "mailGroupMember", "mailPrimaryAddress", "proxyAddresses", "shadowAddress", "memberOfGroup", "accountStatus",
         "mailEnabled", "permission", "sAMAccountName", "userPrincipalName", "zimbraMailAlias",
         "zimbraMailDeliveryAddress", "zimbraMailForwardingAddress", "zimbraMailStatus", "zimbraMailCatchAllAddress",
         "domainName", "kolabDelegate")
URLS = ("memberURL",)
FOLDED_TEXT = "EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15"
EXACT_TEXT = "EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15"
EXPERIMENTAL = "1.3.6.1.4.1.4203.666.99"  # below OpenLDAP's OID for experiments

CONFIG = """\
{schemas}
{attributes}
modulepath {tree}/usr/lib/ldap
moduleload back_mdb
allow bind_v2
sizelimit unlimited
idletimeout 0
defaultsearchbase "{suffix}"
{tls}
database mdb
suffix "{suffix}"
rootdn "{admin}"
rootpw "{password}"
directory {folder}/data
maxsize 268435456
dbnosync
index objectClass,mail,mailAlias,maildrop eq
"""


def entry(name, /, **attributes):
    """An entry as LDIF. `name`: its distinguished name. Each attribute has a text or a list of texts."""
    lines = [line("dn", name)]
    for attribute, values in attributes.items():
        lines += [line(attribute, value) for value in ([values] if isinstance(values, str) else values)]
    return "\n".join(lines) + "\n\n"


def line(attribute, value):
    return f"{attribute}:: {base64.b64encode(value.encode()).decode()}"


def escaped(value):
    """A value in a distinguished name (RFC 4514)."""
    return "".join("\\" + c if c in ' "#+,;<>=\\' else c for c in value)


class Slapd(server.Server):
    """A server with one suffix; anybody may read everything in it."""

    suffix = "dc=example,dc=org"
    password = "it's a secret"

    has_tls = False

    def __init__(self, **place):
        self.tree = fetch.fetch("slapd")
        self.admin = f"cn=admin,{self.suffix}"
        self.tls_port = server.free_port()
        super().__init__(**place)

    def create(self):
        schemas = "\n".join(f"include {self.tree}/etc/ldap/schema/{name}.schema" for name in SCHEMAS)
        names = [(name, FOLDED_TEXT) for name in TEXTS] + [(name, EXACT_TEXT) for name in URLS]
        attributes = "\n".join(f"attributetype ( {EXPERIMENTAL}.{number} NAME '{name}' {syntax} )"
                               for number, (name, syntax) in enumerate(names, 1))
        if self.has_tls:
            self.make_certificate()
        tls = f"TLSCertificateFile {self.ca_file()}\nTLSCertificateKeyFile {self.key_file()}" if self.has_tls else ""
        (self.folder / "slapd.conf").write_text(CONFIG.format(
            schemas=schemas, attributes=attributes, tree=self.tree, tls=tls, suffix=self.suffix, admin=self.admin,
            password=self.password, folder=self.folder))

    def command(self):
        urls = [f"ldap://{self.listens}:{self.port}/", self.socket_url()]
        if self.has_tls:
            urls.append(f"ldaps://127.0.0.1:{self.tls_port}/")
        return [*self.command_prefix(), self.tree / "usr/sbin/slapd", "-f", self.folder / "slapd.conf", "-d", "none",
                "-h", " ".join(urls)]

    @staticmethod
    def unprivileged(words):
        """Runs slapd as the user of the tests, because another user has no permission to read the cache with the program."""
        return ["setpriv", "--pdeathsig", "KILL", *map(str, words)]

    def command_prefix(self):
        """The words before a command that let it find the unpacked libraries, which are not installed."""
        folders = [str(path) for path in (self.tree / "usr/lib").glob("*-linux-*")]
        return ["env", "LD_LIBRARY_PATH=" + ":".join(folders)]

    def prepare(self):
        self.add(entry(self.suffix, objectClass=["dcObject", "organization"], o="example", dc="example"))

    def answers(self):
        return self.client("ldapsearch", "-b", "", "-s", "base", "1.1").returncode == 0

    # For tests.
    def socket_url(self):
        return "ldapi://" + str(self.folder / "run" / "ldapi").replace("/", "%2F")

    def parameters(self, **others):
        """The text of a table file that asks this server on its loopback port."""
        lines = {"server_host": f"ldap://127.0.0.1:{self.port}", "search_base": self.suffix, **others}
        return "".join(f"{name} = {value}\n" for name, value in lines.items() if value is not None)

    def add(self, ldif):
        """Adds entries, given as LDIF; entry() makes it."""
        self.must("ldapadd", *self.login(), text=ldif)

    def modify(self, ldif):
        """Carries out changes in LDIF (ldif(5), "changetype")."""
        self.must("ldapmodify", *self.login(), text=ldif)

    def clear(self):
        """Removes all entries except the entry of the suffix."""
        self.must("ldapdelete", "-r", *self.login(), self.suffix)
        self.prepare()

    # Helpers.
    def login(self):
        return "-D", self.admin, "-w", self.password

    def must(self, program, *words, text=""):
        result = self.client(program, *words, text=text)
        if result.returncode != 0:
            raise server.ServerFailed(f"{program}: {result.stderr.strip()[-2000:]}")

    def client(self, program, *words, text=""):
        command = [*self.command_prefix(), self.tree / "usr/bin" / program, "-x", "-H", self.socket_url(), *words]
        return subprocess.run(list(map(str, command)), input=text, capture_output=True, text=True, check=False,
                              timeout=server.START_SECONDS, env={**os.environ, "LC_ALL": "C.UTF-8"})


class SlapdWithTls(Slapd):
    """A slapd with STARTTLS, and with ldaps:// on a port of its own. ca_file() is its certificate, for 127.0.0.1."""

    has_tls = True
