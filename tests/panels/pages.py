"""The pages of packaging/doc/panels/: their commands are run, and the output that they show is compared with what is
printed."""
import dataclasses
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = ROOT / "packaging/doc/panels"
LOGINS = {"mysql": "MariaDB", "pgsql": "PostgreSQL", "ldap": "OpenLDAP"}
BLOCK = r"(?:    .*\n|\n(?=    ))+"
SHOWN = re.compile(rf"(?m)^    shorthop resolve (?P<addresses>.*)\n\n(?P<before>.*prints.*:)\n\n(?P<output>{BLOCK})")


@dataclasses.dataclass
class Page:
    panel: str  # as --primary-is names it
    path: pathlib.Path

    @staticmethod
    def for_panel(name):
        """The page for a folder of tests: its name is the beginning of the folder's name. Of several such pages, the one
        with the longest name."""
        known = sorted((path.stem for path in PAGES.glob("*.md")), key=len)
        panel = next((one for one in reversed(known) if name.startswith(one)), None)
        if panel is None:
            raise AssertionError(f"{PAGES} has no page for {name}")
        return Page(panel, PAGES / f"{panel}.md")

    def text(self):
        return self.path.read_text()

    def login_statements(self, kind):
        """The statements that make a login for shorthop; empty: this page has no logins, or the type needs none."""
        if kind not in LOGINS or "\n## A login for this host\n" not in self.text():
            return ""
        found = re.search(rf"(?m)^{LOGINS[kind]}.*:\n\n({BLOCK})", self.text())
        if not found:
            raise AssertionError(f"{self.path} has no login: no line that begins with {LOGINS[kind]} and ends with a colon")
        return re.sub(r"(?m)^    ", "", found[1])

    def access_rules(self):
        """The page's rules of slapd.access(5), which are for the login and no other account."""
        found = re.findall(r"(?m)^    access to .*\n(?:      .*\n)*", self.text())
        return "".join(re.sub(r"(?m)^    ", "", rule) for rule in found)

    def login_file(self, kind):
        names = ("bind_dn", "bind_pw") if kind == "ldap" else ("user", "password")
        found = re.search(rf"(?m)^    {names[0]} = .*\n    {names[1]} = .*\n", self.text())
        if not found:
            raise AssertionError(f"{self.path} does not say {names[0]} = and {names[1]} =")
        return re.sub(r"(?m)^    ", "", found[0])

    def shown(self):
        """(addresses, output) of the `shorthop resolve` on the page."""
        found = SHOWN.search(self.text())
        if not found:
            raise AssertionError(f"{self.path} shows no output of shorthop resolve")
        return found["addresses"].split(), re.sub(r"(?m)^    ", "", found["output"]).strip("\n") + "\n"

    def show(self, output):
        """Replaces the output on the page by this one."""
        indented = "".join(f"    {line}\n" if line else "\n" for line in output.splitlines())
        text = self.text()
        found = SHOWN.search(text)
        self.path.write_text(text[:found.start("output")] + indented + text[found.end("output"):])
