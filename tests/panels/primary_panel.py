"""A panel on the primary of the private hosts, and its mirror on the secondary. The programs that a postmaster uses make
the mirror: shorthop-export on the primary, `shorthop setup --primary-is` on the secondary."""
import json
import re
import shutil
import subprocess

import rootfs
import servers
import test_panels
from pages import Page
from primary import SCRIPT, Bundle

MIRROR = "/var/lib/shorthop/example.org"  # as setup names it
RELAY_FILE = "/etc/shorthop/relay.d/example.org.conf"
LOGIN_FILE = "/etc/shorthop/example.org.login"
REPLICA = "/var/lib/shorthop/example.org.db"
LIMIT = 120  # seconds for one export
COMMENTED = ("table-parameters", "host-override", "path-override", "accept-difference")  # comments in setup's relay file


class PrimaryPanel:
    """A panel on the primary. `server`: the database server that answers its tables, or None."""

    def __init__(self, mta, panel, server):
        self.mta = mta
        self.panel = panel
        self.server = server
        self.primary, self.secondary = mta.hosts.primary, mta.hosts.secondary
        self.page = Page.for_panel(panel.name)

    def install(self):
        """The panel's database, files and settings on the primary; the secondary relays its domains."""
        self.primary.set_users(self.panel.users())
        if self.server:
            self.server.make_database(self.panel.login(), self.panel.database())
        elif self.panel.database_type() == "sqlite":
            self.make_sqlite()
        for name, text in self.panel.files().items():
            self.primary.write(name, text)
        self.primary.set_services({}, self.panel.services())
        role = {name: None for name in ("virtual_alias_maps", "alias_maps", "alias_database")}
        settings = {**self.primary.base, **self.primary.NO_RETRY, **role, **self.panel.parameters()}
        self.primary.write("/etc/postfix/main.cf", "".join(f"{name} = {value}\n" for name, value in settings.items()
                                                           if value is not None))
        test_panels.make_databases(self.primary)
        self.primary.reload()
        test_panels.relay(self.mta, self.panel.expected())

    def make_sqlite(self):
        path = self.panel.parts["database"].strip()
        self.primary.write("/opt/test/data.sql", self.panel.database())
        self.primary.place.run("sh", "-c", f"mkdir -p $(dirname {path}) && rm -f {path} && sqlite3 {path} </opt/test/data.sql")

    # The mirror

    def export(self, *words):
        """The bundle that shorthop-export writes on the primary."""
        # The script comes by standard input, as it does for a container.
        with SCRIPT.open("rb") as script:
            done = subprocess.run(self.primary.place.command("sh", "-s", "--", *words), stdin=script, capture_output=True,
                                  check=False, timeout=LIMIT, env=self.primary.place.environment())
        if done.returncode != 0 or done.stderr:
            raise AssertionError(f"shorthop-export {' '.join(words)}: {done.returncode}, {done.stderr.decode()}")
        return Bundle(done.stdout)

    def mirror(self, bundle, is_asked=True):
        """Writes the relay file before the mirror, because the daemon loads a new mirror at once, with the relay file that
        it finds."""
        place = self.secondary.place
        shutil.rmtree(place.path(MIRROR), ignore_errors=True)
        self.write_relay_file(is_asked)
        place.path(MIRROR).mkdir(parents=True)
        bundle.unpack(place.path(MIRROR))
        if self.panel.database_type() == "sqlite":
            self.copy_sqlite()
        self.mta.daemon.reload()

    def copy_sqlite(self):
        """Copies the database to the secondary, as a postmaster would replicate it."""
        path = self.panel.parts["database"].strip()
        copy = self.secondary.place.path(f"{REPLICA}/{path.rpartition('/')[2]}")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(self.primary.place.path(path).read_bytes())

    # The relay file

    def preset(self):
        """The relay file that setup shows for this panel."""
        self.secondary.place.path(RELAY_FILE).unlink(missing_ok=True)
        shown = self.mta.daemon.tool("setup", "--primary-is", self.page.panel, "--no-dns", check=False).stdout
        text = re.search(rf"(?m)^would write {RELAY_FILE}: .*\n((?:    .*\n|\n)+)", shown)
        if not text:
            raise AssertionError(f"setup shows no relay file: {shown}")
        return re.sub(r"(?m)^    ", "", text[1])

    def write_relay_file(self, is_asked=True, accepts=True):
        """The preset in mode rewrite, with all that the postmaster may add to it, and the page's login."""
        text = self.preset()
        if not accepts:
            text = text.replace("#accept-difference", "# accept-difference")
        is_known = bool(self.page.login_statements(self.panel.database_type()))
        for name in (name for name in COMMENTED if is_known or name != "table-parameters"):
            text = re.sub(rf"(?m)^#({name} =)", r"\1", text)
        text = re.sub(r"(?m)^domains .*", "domains = " + " ".join(self.panel.domains()), text)
        text = re.sub(r"(?m)^mode .*", "mode = rewrite", text)
        rootfs.write(self.secondary.place, RELAY_FILE, text)
        if is_asked:
            self.make_login()

    def make_login(self):
        kind = self.panel.database_type()
        statements = self.page.login_statements(kind)
        if not self.server or not statements:
            return
        self.server.make_login(statements, self.panel.login().get("dbname"), self.page.access_rules())
        # Here shorthopd runs as the user shorthop with the group postfix, and the tool, as root, reads with the rights of
        # the owner. Both can read a file of that user.
        rootfs.write(self.secondary.place, LOGIN_FILE, self.page.login_file(kind), mode=0o640,
                     owner=rootfs.SYSTEM_USERS["shorthop"])

    def forget_login(self):
        if self.server:
            self.server.forget_login(self.panel.login().get("dbname"))

    # Decisions

    def wrong_decisions(self, expected):
        """The decisions of `shorthop resolve` that differ from the expected ones."""
        answers = self.mta.daemon.tool("resolve", "--json", *(one.address for one in expected), check=False).stdout
        decided = [json.loads(line) for line in answers.splitlines() if line.startswith("{")]
        if len(decided) != len(expected):
            return [answers]
        return [difference for one, answer in zip(expected, decided) for difference in differences(one, answer)]


def differences(one, answer):
    found = " ".join([answer["decision"], answer["reason"], *sorted(answer.get("to", []))])
    if found != str(one):
        details = sorted({leaf["detail"] for leaf in answer.get("leaves", []) if leaf.get("detail")})
        yield f"{one.address}: expected {one}, found {found} {details or ''}"


def stand_ins(place):
    """Replaces two services that panels have on loopback ports: amavis passes on what it gets, iRedAPD permits all."""
    servers.forward(place, servers.port_at(place, "127.0.0.1", 10024), 10025)
    servers.serve(servers.port_at(place, "127.0.0.1", 7777), servers.permit_all)


