"""The rules for documents: citations, links and paths must exist. Each takes a Tree and returns its Problems."""

import re
from pathlib import PurePosixPath

from tree import Problem, Tree

DESIGN, FACTS, MAP = "milter/DESIGN.md", "tests/mta/FACTS.md", "milter/README.md"
REASONS = "milter/session/reason.h"
SUBCOMMANDS = "milter/tool/subcommands.cpp"
# Files that must have the command that fills a mirror.
MIRROR_COMMAND = {"README.md": "shorthop-mirror root@mail.example.org /var/lib/shorthop/example.org",
                  "packaging/man/shorthop-tables.5.in":
                      "shorthop-mirror root@mail.example.org /var/lib/shorthop/example.org",
                  "milter/tool/setup/relay_file.cpp": '{} root@{} {}", command_with_path("shorthop-mirror"), relay.primary, relay.mirror'}
# Each script that copies a primary's tables, and the pattern of its lists of parameters.
MIRROR_SCRIPTS = {"packaging/mirror/shorthop-mirror": re.compile(r"^parameters='([^']*)'", re.MULTILINE),
                  "packaging/export/shorthop-export": re.compile(r"^(?:maps|alias_lists|domain_lists)=['\"]([^'\"]*)['\"]",
                                                                 re.MULTILINE)}
PANELS = "milter/tool/setup/panels.cpp"
LISTED_PANELS = re.compile(r"^panels='([^']*)'", re.MULTILINE)
ANY_LDAP = "ldap"  # lists the LDAP tables of any panel; it is not a panel
ASKED_IN = ["milter/load/mirror/address_tables.cpp", "milter/load/mirror/primary_postconf.cpp", "milter/load/mirror/load_mirror.cpp"]
# A parameter of the primary whose value is a list of tables or of domains.
ASKED = re.compile(r'\b(?:tables_of|recipients_of|domains_of|lists)\("(\w+)"')

# "DESIGN 4", "DESIGN 2.3", "DESIGN 2.1, 2.3"
DESIGN_CITED = re.compile(r"\bDESIGN\b(?!\.md)(?: (\d+(?:\.\d+)?(?:, \d+\.\d+)*))?")
# "FACTS, deletions": the beginning of a heading
FACTS_CITED = re.compile(r"\bFACTS\b(?!\.md)(?:, ([A-Za-z][A-Za-z ]*))?")
# Files that mention citations without making any.
NOT_CITING = re.compile(r"^tests/structure/|^tests/fuzz/corpus/")

LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
# `folder/file.md`, `folder/`, `folder/*.py`: a path that begins with a folder of the project or of the document. NAME
# stands for any name.
PATH = re.compile(r"`((?:\.?\w[\w.-]*/)+[\w.*-]*)`")


def sections_of_design(tree: Tree) -> set[str]:
    """The numbers of its headings, and of the numbered items below each: "2", "2.1"."""
    found, section = set(), ""
    for line in tree.read(DESIGN).splitlines():
        if heading := re.match(r"## (\d+)\. ", line):
            section = heading[1]
            found.add(section)
        elif (item := re.match(r"(\d+)\. ", line)) and section:
            found.add(f"{section}.{item[1]}")
    return found


def headings_of_facts(tree: Tree) -> list[str]:
    return [heading.lower() for heading in re.findall(r"^## (.+)$", tree.read(FACTS), re.MULTILINE)]


def citations_lead_to_sections(tree: Tree) -> list[Problem]:
    sections, headings = sections_of_design(tree), headings_of_facts(tree)
    problems = []
    for name in tree.files():
        if NOT_CITING.search(name):
            continue
        for number, line in enumerate(tree.read(name).splitlines(), 1):
            for cited in DESIGN_CITED.findall(line):
                problems += [Problem(f"{name}:{number}", f"{DESIGN} has no section {section or 'without a number'}")
                             for section in cited.split(", ") if section not in sections]
            problems += [Problem(f"{name}:{number}", f'{FACTS} has no section "{cited}"')
                         for cited in FACTS_CITED.findall(line)
                         if not any(cited and heading.startswith(cited.lower()) for heading in headings)]
    return problems


def folders_of(files: list[str]) -> set[str]:
    return {str(parent) for name in files for parent in PurePosixPath(name).parents}


def is_there(path: str, files: list[str], folders: set[str]) -> bool:
    if "*" in path:
        return any(PurePosixPath(name).match(path) for name in files)
    return path in files or path.rstrip("/") in folders


def beginning(place: str, path: str) -> str:
    """The location of a path's first folder: paths that do not begin with one of our folders are not checked."""
    return place.removesuffix(path) + path.split("/", maxsplit=1)[0]


def documents_name_what_exists(tree: Tree) -> list[Problem]:
    files = tree.files()
    folders = folders_of(files)
    problems = []
    for name in (name for name in files if name.endswith(".md")):
        text = tree.read(name)
        own = str(PurePosixPath(name).parent)
        links = [link for link in LINK.findall(text) if "://" not in link and not link.startswith("mailto:")]
        problems += [Problem(name, f"links to {link}, which does not exist") for link in links
                     if not is_there(str(PurePosixPath(own, link)).removeprefix("./"), files, folders)]
        for path in PATH.findall(text):
            places = [place for place in (path, str(PurePosixPath(own, path)))
                      if "NAME" not in place and beginning(place, path) in folders]
            if places and not any(is_there(place, files, folders) for place in places):
                problems.append(Problem(name, f"names {path}, which does not exist"))
    return problems


def the_map_has_every_library(tree: Tree) -> list[Problem]:
    rows = set(re.findall(r"^\| `(\w+)/` \|", tree.read(MAP), re.MULTILINE))
    there = {name.split("/")[1] for name in tree.sources("milter") if name.count("/") > 1}
    return ([Problem(MAP, f"its table has no row for {folder}/") for folder in sorted(there - rows)] +
            [Problem(MAP, f"its table has {folder}/, which does not exist") for folder in sorted(rows - there)])


def the_design_has_every_reason(tree: Tree) -> list[Problem]:
    rows = re.findall(r"^\|([^|]+)\| (?:keep|rewrite) \|", tree.read(DESIGN), re.MULTILINE)
    listed = {code for row in rows for code in re.findall(r"`([a-z-]+)`", row)}
    there = set(re.findall(r'ReasonRow\{Reason::\w+, "([^"]+)"', tree.read(REASONS)))
    return ([Problem(DESIGN, f"section 4 has no reason {code}") for code in sorted(there - listed)] +
            [Problem(DESIGN, f"section 4 has the reason {code}, which {REASONS} lacks")
             for code in sorted(listed - there)])


def the_design_has_every_subcommand(tree: Tree) -> list[Problem]:
    rows = re.findall(r"^\| (`shorthop .*?) \|", tree.read(DESIGN), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`shorthop (\w+)", row)}
    there = set(re.findall(r'^        \.name = "(\w+)"', tree.read(SUBCOMMANDS), re.MULTILINE))
    return ([Problem(DESIGN, f"section 5 has no row for shorthop {name}") for name in sorted(there - named)] +
            [Problem(DESIGN, f"section 5 has shorthop {name}, which {SUBCOMMANDS} lacks")
             for name in sorted(named - there)])


def the_mirror_command_is_the_same(tree: Tree) -> list[Problem]:
    return [Problem(name, f"does not say: {command}") for name, command in MIRROR_COMMAND.items()
            if command not in tree.read(name)]


def the_mirror_has_every_table(tree: Tree) -> list[Problem]:
    """Each script must copy every table that the loader opens."""
    asked = {name for path in ASKED_IN for name in ASKED.findall(tree.read(path))}
    problems = []
    for script, lists in MIRROR_SCRIPTS.items():
        copied = {name for names in lists.findall(tree.read(script)) for name in names.split()}
        problems += [Problem(script, f"does not copy the tables of {name}") for name in sorted(asked - copied)]
    return problems


def every_panel_is_whole(tree: Tree) -> list[Problem]:
    """Each panel of setup has a page and a folder in tests/panels; each panel of the export has a row in setup."""
    script = "packaging/export/shorthop-export"
    rows = re.findall(r'\.name = "([^"]+)"', tree.read(PANELS))
    files = tree.files()
    tested = {name.split("/")[2] for name in files if name.startswith("tests/panels/") and name.endswith("/expect")}
    listed = set(LISTED_PANELS.findall(tree.read(script))[0].split()) if LISTED_PANELS.search(tree.read(script)) else set()
    named = set(re.findall(r'\.listing = "--panel ([^"]+)"', tree.read(PANELS)))
    return ([Problem(PANELS, f"{row} has no page in packaging/doc/panels/") for row in rows
             if f"packaging/doc/panels/{row}.md" not in files] +
            [Problem(PANELS, f"{row} has no folder in tests/panels/") for row in rows
             if not any(name.startswith(row) for name in tested)] +
            [Problem(script, f"lists the panel {name}, which {PANELS} does not know") for name in
             sorted(listed - named - {ANY_LDAP})] +
            [Problem(PANELS, f"names --panel {name}, which {script} lacks") for name in sorted(named - listed)])


ALL = [
    ("a citation of the design or of the facts names a section that is there", citations_lead_to_sections),
    ("a path or a link in a document exists", documents_name_what_exists),
    ("the command that fills a mirror is the same everywhere", the_mirror_command_is_the_same),
    ("each script that fills a mirror copies every table that the loader opens", the_mirror_has_every_table),
    ("every panel has a row, a page and a test; setup and the export name the same listings", every_panel_is_whole),
    ("the design lists every reason", the_design_has_every_reason),
    ("the design lists every subcommand", the_design_has_every_subcommand),
    ("the map has a row for each library", the_map_has_every_library),
]
