"""The rules for the sources: each takes a Tree and returns the list of its Problems. run.py lists them with titles."""

import os
import re
from collections import Counter
from pathlib import Path, PurePath

import documents
import includes
import names
from tree import Problem, Tree

# For each folder of milter/: the other folders whose headers it may include.
USES = {
    "text": [],
    "system": ["text"],
    "control": ["system"],
    "mail": ["text"],
    "tables": ["mail", "system"],
    "primary": ["tables"],
    "session": ["primary"],
    "postfix": ["tables"],
    "settings": ["session", "postfix"],
    "load": ["settings"],
    "daemon": ["load", "control"],
    "tool": ["load", "control"],
}

# Libraries whose headers only one file may include: (name, pattern, folder, whether some file must include them).
ONE_FILE = [
    ("libmilter", re.compile(r"libmilter/"), "daemon", True),
    ("spdlog", re.compile(r"spdlog/"), "daemon", True),
    ("prometheus-cpp", re.compile(r"prometheus/"), "daemon", False),
    ("libmicrohttpd", re.compile(r"microhttpd\.h$"), "daemon", False),
    ("c-ares", re.compile(r"ares\.h$"), "system", False),
    ("Berkeley DB", re.compile(r"(db|db_cxx|db_185)\.h$"), "tables", False),
    ("LMDB", re.compile(r"lmdb(\+\+)?\.h$"), "tables", False),
    ("tinycdb", re.compile(r"cdb\.h$"), "tables", False),
    ("PCRE2", re.compile(r"pcre2\.h$"), "tables", False),
    ("libldap", re.compile(r"(ldap|openldap|lber)\.h$"), "tables", False),
    ("libcrypto", re.compile(r"openssl/"), "tool", False),
    ("SQLite", re.compile(r"sqlite3\.h$"), "tables", False),
    ("the journal", re.compile(r"systemd/sd-journal\.h$"), "system", False),
    ("MariaDB's connector", re.compile(r"(mariadb|mysql)/|mysql\.h$"), "tables", False),
    ("libpq", re.compile(r"(postgresql/)?libpq-fe\.h$"), "tables", False),
]

# Folders that do no I/O directly. The exception is tables/types/; postfix/ does I/O through system/.
PURE = ["text", "mail", "tables", "primary", "session", "postfix"]
TABLE_TYPES = "milter/tables/types/"
IO_HEADER = re.compile(
    r"(?:fstream|iostream|cstdio|stdio\.h|print|syncstream|csignal|signal\.h|thread|unistd\.h|fcntl\.h"
    r"|netdb\.h|poll\.h|dirent\.h|pwd\.h|grp\.h|syslog\.h|spawn\.h|pthread\.h"
    r"|(?:sys|net|netinet|arpa|linux|systemd)/.*)")
IO_CALL = re.compile(
    r"\bstd::c(?:out|err|in|log)\b|(?<![\w.>])(?:std::)?(?:getenv|fopen|printf|fprintf|puts|popen|system)\s*\("
    r"|\bfilesystem::(?!path\b)\w+"  # a path is a value; file system operations are I/O
    r"|(?<!\w)::(?:open|read|write|socket|time|getpwnam)\s*\(|\bsystem_clock::now\b|\bsteady_clock::now\b")

TOP_LEVEL = {
    "CMakeLists.txt", "milter", "config", "tests", "packaging", "README.md",
    "dev", "CMakePresets.json", ".ci", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", ".editorconfig",
}

LONG, TOO_LONG = 400, 600
COLUMNS = 120
CROWDED = 20  # pairs of a .cpp and a .h file, or either alone
NOT_TEXT = re.compile(r"\.(png|gz|xz|db|cdb|mdb|lmdb|dir|pag)$|^tests/fuzz/corpus/")


def reach(folder: str) -> list[str]:
    """The folders that a folder may include, itself first."""
    found = [folder]
    for used in USES[folder]:
        found += [name for name in reach(used) if name not in found]
    return found


def folder_of(name: str) -> str:
    """milter/FOLDER/... -> FOLDER."""
    return name.split("/")[1]


def includes_follow_the_dag(tree: Tree) -> list[Problem]:
    problems = []
    for name in tree.sources("milter"):
        folder = folder_of(name)
        if folder not in USES:
            problems.append(Problem(name, f"milter/ has no library \"{folder}\"; the libraries are {', '.join(USES)}"))
            continue
        for include in tree.includes(name):
            target = include.name.split("/")[0]
            place = f"{name}:{include.line}"
            if include.quoted and (target not in USES or not (tree.root / "milter" / include.name).is_file()):
                problems.append(Problem(place, f'"{include.name}" is not a file below milter/: write "folder/file.h"'))
            elif target in USES and (tree.root / "milter" / include.name).is_file() and target not in reach(folder):
                problems.append(Problem(
                    place, f"{folder} may not include {target}: it may include {', '.join(reach(folder))}"))
    return problems


def link_lines_are_the_dag(tree: Tree) -> list[Problem]:
    name = "milter/CMakeLists.txt"
    text = re.sub(r"#[^\n]*", "", tree.read(name))
    linked = {}
    for call in re.finditer(r"\b(shorthop_library|target_link_libraries)\s*\(\s*(\w+)([^)]*)\)", text):
        folder = call[2].removeprefix("shorthop_")
        linked.setdefault(folder, set()).update(
            used for used in re.findall(r"\bshorthop_(\w+)", call[3]) if used in USES)
    problems = []
    for folder, uses in USES.items():
        if folder not in linked:
            problems.append(Problem(name, f"there is no library {folder}: add shorthop_library({folder} ...)"))
        elif linked[folder] != set(uses):
            problems.append(Problem(name, f"shorthop_{folder} links {sorted(linked[folder])}, must link {sorted(uses)}"))
    return problems


def one_file_includes_each_foreign_library(tree: Tree) -> list[Problem]:
    problems = []
    for what, pattern, folder, needed in ONE_FILE:
        users = [name for name in tree.sources("milter")
                 if any(pattern.match(include.name) for include in tree.includes(name) if not include.quoted)]
        if len(users) > 1:
            problems.append(Problem(", ".join(users), f"only one file may include {what}"))
        if needed and not users:
            problems.append(Problem(f"milter/{folder}/", f"no file includes {what}: is the rule still true?"))
        problems += [Problem(name, f"{what} belongs in one file of milter/{folder}/")
                     for name in users if folder_of(name) != folder]
    return problems


def no_io_because(name: str) -> str | None:
    """Why a file must not do I/O; None if it may."""
    folder = folder_of(name)
    return f"milter/{folder}/ must do no I/O" if folder in PURE and not name.startswith(TABLE_TYPES) else None


def io_in_the_right_places(tree: Tree) -> list[Problem]:
    problems = []
    for name in tree.sources("milter"):
        why_not = no_io_because(name)
        if why_not is None:
            continue
        problems += [Problem(f"{name}:{include.line}", f"<{include.name}> is I/O: {why_not}")
                     for include in tree.includes(name) if not include.quoted and IO_HEADER.fullmatch(include.name)]
        for number, line in enumerate(tree.code(name).splitlines(), 1):
            if call := IO_CALL.search(line):
                problems.append(Problem(f"{name}:{number}", f"{call[0].strip()} is I/O: {why_not}"))
    return problems


def is_ours(name: str) -> bool:
    return name.endswith((".h", ".cpp", ".py", ".sh", "CMakeLists.txt")) or name in ("dev", ".ci/run", ".ci/pre-commit")


def files_are_short(tree: Tree) -> list[Problem]:
    return [Problem(name, f"{lines} lines: more than {TOO_LONG}, make it two files")
            for name in tree.files() if is_ours(name) and (lines := tree.read(name).count("\n")) > TOO_LONG]


def long_files(tree: Tree) -> list[str]:
    """Printed, but not an error: files that should be split."""
    return [f"{name}: {lines} lines" for name in tree.files()
            if is_ours(name) and LONG < (lines := tree.read(name).count("\n")) <= TOO_LONG]


def comments_fit(tree: Tree) -> list[Problem]:
    """clang-format wraps code, but not comments."""
    return [Problem(f"{name}:{number}", f"a comment of {len(line)} columns: more than {COLUMNS}")
            for name in tree.files() if name.endswith((".h", ".cpp"))
            for number, line in enumerate(tree.read(name).split("\n"), 1)
            if len(line) > COLUMNS and "//" in line]


def folders_are_not_crowded(tree: Tree) -> list[Problem]:
    pairs = {str(PurePath(name).with_suffix("")) for name in tree.files()
             if name.startswith("milter/") and name.endswith((".cpp", ".h"))}
    numbers = Counter(str(PurePath(pair).parent) for pair in pairs)
    return [Problem(folder, f"{number} pairs of files: more than {CROWDED}, give some of them a folder of their own")
            for folder, number in sorted(numbers.items()) if number > CROWDED]


def top_level_is_as_designed(tree: Tree) -> list[Problem]:
    tops = sorted({name.split("/")[0] for name in tree.files()})
    return [Problem(top, "does not belong at the top level: settings go into config/, pages into packaging/doc/")
            for top in tops if top not in TOP_LEVEL and not (top.startswith(".") and (tree.root / top).is_file())]


SOURCES = "milter/SOURCES.md"


def cited(comment: str) -> set[str]:
    """The sources cited in a comment: "RFC 5321", "aliases(5)"."""
    found = {f"RFC {number}" for number in re.findall(r"\bRFC ?(\d{3,5})\b", comment)}
    return found | {f"{name}({section})"
                    for name, section in re.findall(r"\b([a-z][\w.-]*)\(([1-8])\)", comment)}


def sources_are_listed(tree: Tree) -> list[Problem]:
    listed = cited(tree.read(SOURCES))
    if not listed:
        return [Problem(SOURCES, "lists no sources (RFC NNNN, page(N))")]
    problems = []
    for name in tree.sources("milter"):
        for line, comment in tree.comments(name):
            problems += [Problem(f"{name}:{line}", f"{source} is not in {SOURCES}")
                         for source in sorted(cited(comment) - listed)]
    return problems


def files_begin_with_a_comment(tree: Tree) -> list[Problem]:
    """A .cpp may begin with the #include of a header of ours that describes it: its own header, the header of the
    interface that it implements, or the header that it tests."""
    return [Problem(name, "say on top in two or three lines what this file is")
            for name in tree.sources("milter") + tree.sources("tests")
            if not tree.read(name).startswith(("//", "/*"))
            and not (name.endswith(".cpp") and tree.read(name).startswith('#include "'))]


def headers_are_guarded(tree: Tree) -> list[Problem]:
    return [Problem(name, "has no #pragma once") for name in tree.files()
            if name.endswith(".h") and "#pragma once" not in tree.read(name)]


def text_is_clean(tree: Tree) -> list[Problem]:
    problems = []
    for name in tree.files():
        text = tree.read(name)
        if NOT_TEXT.search(name) or "\0" in text:
            continue
        if text and not text.endswith("\n"):
            problems.append(Problem(name, "the last line has no newline"))
        for number, line in enumerate(text.split("\n"), 1):
            if line != line.rstrip():
                problems.append(Problem(f"{name}:{number}", "white space at the end of the line"))
    return problems


def machine_places(tree: Tree) -> list[str]:
    """Paths that are valid only on this machine: the location of the sources, and home directories."""
    places = [str(tree.root.resolve()), os.path.expanduser("~"), "/root"]
    return sorted({place for place in places if place.startswith("/") and len(place) > 4})


def no_machine_paths(tree: Tree) -> list[Problem]:
    # Whole paths only: "/root" does not match in "/var/lib/chroot" or "/rooted".
    pattern = re.compile("|".join(rf"(?<![\w.$}}/-]){re.escape(place)}(?=/)" for place in machine_places(tree)))
    problems = []
    for name in tree.files():
        for number, line in enumerate(tree.read(name).split("\n"), 1):
            if found := pattern.search(line):
                problems.append(Problem(f"{name}:{number}", f"{found[0]} is a path of one machine"))
    return problems


def licence_is_there(tree: Tree) -> list[Problem]:
    text = tree.read("LICENSE")
    wanted = ["BSD 2-Clause", "the shorthop authors", "Redistributions in binary form"]
    return [Problem("LICENSE", f'does not say "{words}"') for words in wanted if words not in text]


EXECUTABLE = ("dev", ".ci/run", ".ci/pre-commit", "packaging/export/shorthop-export",
              "packaging/export/shorthop-export-setup")


def scripts_can_run(tree: Tree) -> list[Problem]:
    return [Problem(name, "is not executable: chmod +x") for name in EXECUTABLE
            if not os.access(tree.root / name, os.X_OK)]


# Where the version of a release is written, besides CMakeLists.txt.
VERSIONS = [
    ("packaging/debian/changelog", r"\Ashorthop \(([^)]*)\)"),
    ("packaging/rpm/shorthop.spec", r"^Version:\s*(\S+)$"),
    ("packaging/rpm/shorthop.spec", r"^%changelog\n\*.* - (\S+)-\d+$"),
    ("packaging/export/shorthop-export", r"^version=(\S+)$"),
    ("CHANGELOG.md", r"^## (?:Unreleased \()?(\d[\d.]*\d)\b"),
]


def versions_agree(tree: Tree) -> list[Problem]:
    found = re.search(r"project\(shorthop VERSION (\S+)", tree.read("CMakeLists.txt"))
    version = found[1] if found else None
    problems = []
    for name, pattern in VERSIONS:
        match = re.search(pattern, tree.read(name), re.MULTILINE)
        if (match[1] if match else None) != version:
            problems.append(Problem(name, f"has the version {match[1] if match else None}, CMakeLists.txt {version}"))
    return problems


# Packages in .ci/packages/build that come with dpkg-buildpackage, or that only tests need.
NO_BUILD_DEPENDS = {"g++", "python3"}


def build_depends_are_whole(tree: Tree) -> list[Problem]:
    """The Debian package needs every library that ./dev installs; in the RPM they have other names."""
    control = tree.read("packaging/debian/control")
    field = re.search(r"^Build-Depends:(.*(?:\n .*)*)", control, re.MULTILINE)
    depends = set(re.findall(r"[a-z0-9][a-z0-9.+-]+", field[1] if field else ""))
    lines = [line.split("#")[0].split() for line in tree.read(".ci/packages/build").splitlines()]
    return [Problem("packaging/debian/control", f"Build-Depends lacks {words[0]}, which .ci/packages/build has")
            for words in lines if words and words[0] not in NO_BUILD_DEPENDS and not set(words[0].split("|")) & depends]


# Headers that parse input from outside, or write what other programs read: each needs a fuzz target that includes it.
PARSERS = [
    "text/ascii.h", "text/json.h", "text/utf8.h",
    "system/endpoint.h",
    "mail/address.h", "mail/address_pattern.h", "mail/dsn.h", "mail/host.h", "mail/international.h", "mail/rcpt.h",
    "mail/trace_field.h",
    "control/control_protocol.h",
    "tables/types.h", "tables/text/cidr_table5.h", "tables/text/query_template.h", "tables/text/pattern_lines.h",
    "tables/text/table_file.h", "tables/text/target.h", "tables/text/text_table.h",
    "session/explain.h",
    "postfix/inbound/check_rules.h", "postfix/mail_path.h", "postfix/main_cf.h", "postfix/master_services.h",
    "postfix/milter_list.h",
    "postfix/parameters.h", "postfix/postfix_facts.h",
    "settings/setting_values.h", "settings/settings.h",
    "text/utc_time.h",
    "load/mirror/manifest.h", "load/mirror/pull_record.h", "load/mirror/mirror.h", "load/mirror/mirror_tables.h",
    "load/mirror/primary_postconf.h", "load/mirror/primary_sendmail.h", "load/mirror/sendmail_cf.h",
    "tool/discover/log/line_splitter.h", "tool/discover/log/log_line.h", "tool/discover/log/mail_event.h",
]
# Headers of parsers that are fuzzed through another header: the other header has a fuzz target.
REACHED = {
    "tables/text/line_formats.h": "tables/text/text_table.h",
    "system/ip_address.h": "settings/setting_values.h",
    "settings/duration_values.h": "settings/settings.h",
    "settings/settings_reader.h": "settings/settings.h",
    "tables/table_name.h": "settings/setting_values.h",
    "tool/discover/log/log_time.h": "tool/discover/log/log_line.h",
    "tool/discover/log/log_fields.h": "tool/discover/log/mail_event.h",
    "tool/discover/filter_verdict.h": "tool/discover/log/mail_event.h",
}
# The folders whose headers are searched for parsers. daemon/ and tool/ are left out: most of what they parse was typed
# by the postmaster.
PARSING = ["text", "system", "mail", "control", "tables", "primary", "session", "postfix", "settings", "load"]
PARSER = re.compile(r"\b(?:parse\w*|decoded)\s*\(")
FUZZ_ENTRY = "LLVMFuzzerTestOneInput(const"


def fuzz_targets(tree: Tree) -> dict[str, set[str]]:
    """The fuzz targets, each with the headers that it includes."""
    return {Path(name).stem: {include.name for include in tree.includes(name)} for name in tree.sources("tests/fuzz")
            if FUZZ_ENTRY in tree.code(name) and Path(name).stem != "replay_main"}


def parsers_have_a_fuzz_target(tree: Tree) -> list[Problem]:
    included = set().union(*fuzz_targets(tree).values())
    problems = [Problem(f"milter/{name}", "has no fuzz target: add tests/fuzz/NAME.cpp, which includes it")
                for name in PARSERS if name not in included]
    for folder in PARSING:
        for path in tree.sources(f"milter/{folder}"):
            name = path.removeprefix("milter/")
            if name.endswith(".h") and PARSER.search(tree.code(path)) and name not in [*PARSERS, *REACHED]:
                problems.append(Problem(path, "declares a parser: add it to PARSERS in tests/structure/rules.py, and a "
                                              "fuzz target that includes it"))
    return problems


def fuzz_targets_have_seeds(tree: Tree) -> list[Problem]:
    """CMake builds each tests/fuzz/*.cpp, and the runner uses each folder of the corpus: both sets must be equal."""
    folders = {name.split("/")[3] for name in tree.files() if re.match(r"tests/fuzz/corpus/\w+/.", name)}
    targets = set(fuzz_targets(tree))
    return ([Problem(f"tests/fuzz/{name}.cpp", f"has no seeds: put some into tests/fuzz/corpus/{name}/")
             for name in sorted(targets - folders)] +
            [Problem(f"tests/fuzz/corpus/{name}", f"has no target: there is no tests/fuzz/{name}.cpp")
             for name in sorted(folders - targets)])


ALL = [
    ("a library includes only libraries that the DAG permits", includes_follow_the_dag),
    ("the link lines of milter/CMakeLists.txt are the DAG", link_lines_are_the_dag),
    ("each foreign library is included by one file", one_file_includes_each_foreign_library),
    ("only system, control, settings, load, daemon, tool and the table types do I/O", io_in_the_right_places),
    (f"no file has more than {TOO_LONG} lines", files_are_short),
    (f"no folder of milter/ has more than {CROWDED} pairs of files", folders_are_not_crowded),
    ("the top level has only the files and folders of the design", top_level_is_as_designed),
    ("each RFC and manual page that a comment cites is in milter/SOURCES.md", sources_are_listed),
    ("each C++ file, or its header, begins with a comment that says what it is", files_begin_with_a_comment),
    ("a header is guarded", headers_are_guarded),
    (f"no comment has more than {COLUMNS} columns", comments_fit),
    ("no line ends with white space, and the last line of a file has its newline", text_is_clean),
    ("no file has a path of one machine", no_machine_paths),
    ("the licence is BSD-2-Clause", licence_is_there),
    ("the scripts can be run", scripts_can_run),
    ("the package's Build-Depends name all packages that ./dev installs for the build", build_depends_are_whole),
    ("CMakeLists.txt, the packages and CHANGELOG.md have one version", versions_agree),
    ("each parser has a fuzz target", parsers_have_a_fuzz_target),
    ("each fuzz target has its seeds, and each folder of seeds its target", fuzz_targets_have_seeds),
    *documents.ALL,
    *includes.ALL,
    *names.ALL,
]
