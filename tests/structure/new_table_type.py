"""A table type is one file and one row: a type that this test adds to a copy works wherever a type can be named.

Only what is new is compiled, with the build's own commands; the rest is linked as the build made it.
"""

import json
import re
import shlex
import subprocess
import tempfile
from pathlib import Path

from tree import Problem, Tree

ROWS = "milter/tables/types.cpp"
FILE = r"""// swapped: tables: FILE.swap has lines of "value key"; if "renewed" is in the text, the data is of today.
#include "tables/key_values.h"
#include "tables/types.h"

namespace shorthop {

std::shared_ptr<const Table> open_swapped(const OpenRequest& request) {
  const auto text = request.files.read(request.file);
  if (!text) {
    request.problems.push_back({request.file, 0, "cannot read the table: " + text.error().what, "",
                                Severity::error, ErrorClass::missing});
    return nullptr;
  }
  KeyValues pairs;
  for (std::string_view rest = *text; !rest.empty(); rest.remove_prefix(rest.find('\n') + 1)) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    pairs.add(line.substr(line.find(' ') + 1), line.substr(0, line.find(' ')));
  }
  const bool is_renewed = text->contains("renewed");
  return std::move(pairs).table(request.table.text(), is_renewed ? std::chrono::system_clock::now() : request.changed);
}

}  // namespace shorthop
"""
ROW = """    TableType{.name = "swapped",
              .open = open_swapped,
              .has_path = true,
              .suffix = ".swap",
              .meaning = "a type that a test adds."},
"""
WORLD = {
    "shorthop.conf": "mode = rewrite\nsocket = unix:milter.sock\ncontrol = none\npostfix-config = none\n"
                     "local-domains = example.com\nlocal-recipients = swapped:users\n",
    "relay.d/example.org.conf": "domains = example.org\nprimary = 192.0.2.10\nprimary-postconf = ../postconf\n"
                                "max-age = 48h\nvirtual-alias-maps = swapped:../copies/virtual\n"
                                "arrives-here = example.com\n",
    # The copy takes the place of the primary's hash: table, because both have the entries of a text.
    "postconf": "myhostname = mail.example.org\nmydestination = \nmyorigin = example.org\nalias_maps = \n"
                "virtual_alias_domains = example.org\nvirtual_alias_maps = hash:/etc/postfix/virtual\n",
    "copies/virtual.swap": "user@example.com ann@example.org\n",
    "users.swap": "x user\n",
}


class Builder:
    """The build's programs with one more type in them."""

    def __init__(self, tree: Tree, build: Path, folder: Path):
        self.build, self.folder = build, folder
        rows = tree.read(ROWS)
        first_row = rows.index("    TableType{")
        rows = rows[:first_row] + ROW + rows[first_row:]
        rows = rows.replace("namespace shorthop {\n", "namespace shorthop {\nOpener open_swapped;\n", 1)
        self.objects = [self.compiled("types.cpp", rows), self.compiled("swapped_table.cpp", FILE)]

    def commands(self, target: str) -> list[str]:
        shown = subprocess.run(["ninja", "-C", self.build, "-t", "commands", target], capture_output=True, text=True,
                               check=True).stdout
        return [line for line in shown.splitlines() if not line.startswith("ninja: ")]

    def run(self, command: str):
        subprocess.run(command, shell=True, cwd=self.build, check=True)

    def compiled(self, name: str, text: str) -> Path:
        source, result = self.folder / name, self.folder / f"{name}.o"
        source.write_text(text)
        command = next(line for line in self.commands("milter/libshorthop_tables.a") if " -c " in line)
        self.run(re.sub(r" -MD -MT \S+ -MF \S+ -o \S+ -c \S+", f" -o {shlex.quote(str(result))} "
                                                              f"-c {shlex.quote(str(source))}", command))
        return result

    def linked(self, target: str) -> Path:
        result = self.folder / Path(target).name
        objects = " ".join(shlex.quote(str(object_file)) for object_file in self.objects)
        link = self.commands(target)[-1]
        self.run(link.replace(f" -o {target} ", f" {objects} -o {shlex.quote(str(result))} "))
        return result


class Host:
    """A host whose tables are all of the new type."""

    def __init__(self, program: Path, root: Path):
        self.program, self.root = program, root
        for name, text in WORLD.items():
            self.write(name, text)

    def write(self, name: str, text: str, modified: str = "now"):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        subprocess.run(["touch", "-d", modified, path], check=True)

    def says(self, *words: str) -> str:
        run = subprocess.run([self.program, "--config", self.root / "shorthop.conf", *words], capture_output=True,
                             text=True, timeout=60, check=False)
        return run.stdout + run.stderr

    def decision(self) -> dict:
        return json.loads(self.says("resolve", "--json", "ann@example.org").splitlines()[0])


def wrong_with(host: Host, page: str):
    decision = host.decision()
    table = f"swapped:{host.root.resolve()}/copies/virtual"
    if decision["reason"] != "all-local" or decision["steps"][0]["table"] != table:
        yield f"resolve does not follow {table}, whose path is relative in the settings: {decision}"
    for finding in map(json.loads, host.says("check", "--json", "--no-dns").splitlines()):
        if finding.get("code") in ("file", "settings", "copies-differ", "host-table", "not-surveyed"):
            yield f"check does not know the type: {finding}"
    host.write("copies/virtual.swap", "")
    if str(host.root / "copies/virtual") not in host.says("check", "--no-dns"):
        yield "check does not say that the table is empty"
    host.write("copies/virtual.swap", WORLD["copies/virtual.swap"], "4 days ago")
    host.write("postconf", WORLD["postconf"], "4 days ago")
    if host.decision()["reason"] != "stale":
        yield f"max-age does not hold for the type: {host.decision()}"
    host.write("copies/virtual.swap", WORLD["copies/virtual.swap"] + "renewed renewed\n", "4 days ago")
    if host.decision()["reason"] != "all-local":
        yield f"the table is not asked how old its data is: {host.decision()}"
    host.write("relay.d/example.org.conf", WORLD["relay.d/example.org.conf"].replace("swapped", "swoped"))
    if "swapped" not in host.says("check", "--no-dns"):
        yield "the types that are supported are listed without it"
    if 'swapped" :\nA type that a test adds.' not in page:
        yield "the manual page of the tables lacks it"


def problems(tree: Tree, build: Path) -> list[Problem]:
    with tempfile.TemporaryDirectory(prefix="shorthop-type-") as name:
        builder = Builder(tree, build, Path(name))
        generator = builder.linked("packaging/shorthop-generate")
        template = tree.root / "packaging/man/shorthop-tables.5.in"
        page = subprocess.run([generator, "man", "0", "2026-01-01", template], capture_output=True, text=True, check=True)
        host = Host(builder.linked("bin/shorthop"), Path(name) / "world")
        return [Problem(ROWS, what) for what in wrong_with(host, page.stdout)]
