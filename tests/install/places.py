"""Checks the installed files: the complete list of their places (FHS), modes, paths in texts, links, and that another
installation keeps the postmaster's changes."""
import os
import pathlib
import re

PAGES = pathlib.Path(__file__).resolve().parents[2] / "packaging/doc"
SHARE = "usr/share"
# The modules for database servers. The build decides which of them exist, the system decides their directory.
MODULE = re.compile(r"usr/lib(64)?/([a-z0-9_-]+/)?shorthop/(ldap|mysql|pgsql)\.so")
FILES = [
    "etc/shorthop/shorthop.conf", "usr/bin/shorthop", "usr/bin/shorthop-mirror", "usr/sbin/shorthopd",
    "usr/lib/systemd/system/shorthop.service",
    "usr/lib/systemd/system/shorthop-pull@.service", "usr/lib/systemd/system/shorthop-pull@.timer",
    "usr/lib/sysusers.d/shorthop.conf", "usr/lib/tmpfiles.d/shorthop.conf",
    f"{SHARE}/bash-completion/completions/shorthop", f"{SHARE}/bash-completion/completions/shorthopd",
    f"{SHARE}/zsh/site-functions/_shorthop",
    f"{SHARE}/doc/shorthop/README.md", f"{SHARE}/doc/shorthop/CHANGELOG.md",
    f"{SHARE}/doc/shorthop/examples/shorthop.conf", f"{SHARE}/doc/shorthop/examples/example.org.conf.example",
    f"{SHARE}/doc/shorthop/prometheus/shorthop.rules.yml",
    f"{SHARE}/doc/shorthop/prometheus/grafana-dashboard.json",
    f"{SHARE}/doc/shorthop/sysvinit/shorthop", f"{SHARE}/doc/shorthop/openrc/shorthop",
    f"{SHARE}/man/man1/shorthop.1", f"{SHARE}/man/man5/shorthop.conf.5", f"{SHARE}/man/man5/shorthop-tables.5",
    f"{SHARE}/man/man8/shorthopd.8",
    f"{SHARE}/man/man8/shorthop-mirror.8", f"{SHARE}/man/man8/shorthop-export-setup.8",
    f"{SHARE}/man/man1/shorthop-export.1", f"{SHARE}/shorthop/shorthop-export",
    f"{SHARE}/shorthop/shorthop-export-setup",
]
EXECUTABLE = ["usr/bin/shorthop", "usr/bin/shorthop-mirror", "usr/sbin/shorthopd",
              f"{SHARE}/doc/shorthop/sysvinit/shorthop", f"{SHARE}/doc/shorthop/openrc/shorthop", f"{SHARE}/shorthop/shorthop-export",
              f"{SHARE}/shorthop/shorthop-export-setup"]


def names_below(tree):
    return {str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_symlink() or path.is_file()}


def everything_has_its_place(installed):
    wanted = set(FILES) | {f"{SHARE}/doc/shorthop/{page.relative_to(PAGES)}" for page in PAGES.rglob("*.md")}
    wanted |= {f"{SHARE}/man/man1/shorthop-{name}.1" for name in installed.subcommands()}
    found = names_below(installed.stage)
    wanted |= {name for name in found if MODULE.fullmatch(name)}
    problems = [f"{name} is missing" for name in sorted(wanted - found)]
    problems += [f"{name} is not expected: add it to the list, or do not install it" for name in sorted(found - wanted)]
    if not (installed.stage / "etc/shorthop/relay.d").is_dir():
        problems.append("etc/shorthop/relay.d is not a directory")
    return problems


def modes_are_right(installed):
    problems = []
    for name in names_below(installed.stage):
        mode = (installed.stage / name).stat().st_mode & 0o777
        wanted = 0o755 if name in EXECUTABLE else 0o644
        if mode != wanted:
            problems.append(f"{name} has mode {mode:o}, not {wanted:o}")
    return problems


def settings_survive(installed):
    tree = installed.install("again", "/usr", staged=True)
    settings = tree / "etc/shorthop/shorthop.conf"
    settings.write_text("# mine\n")
    (tree / "etc/shorthop/relay.d/mine.conf").write_text("# mine too\n")
    before = os.stat(tree / "usr/bin/shorthop").st_mtime
    installed.install("again", "/usr", staged=True)
    problems = [] if settings.read_text() == "# mine\n" else ["shorthop.conf was overwritten"]
    if not (tree / "etc/shorthop/relay.d/mine.conf").is_file():
        problems.append("relay.d/mine.conf is gone")
    if os.stat(tree / "usr/bin/shorthop").st_mtime < before:
        problems.append("the program was not installed again")
    return problems


def another_prefix_is_whole(installed):
    """All files are inside the prefix, and the unit refers to it."""
    problems = [f"{name} is missing" for name in ("etc/shorthop/shorthop.conf", "sbin/shorthopd",
                                                  "lib/systemd/system/shorthop.service", "share/man/man8/shorthopd.8")
                if not (installed.tried / name).is_file()]
    unit = (installed.tried / "lib/systemd/system/shorthop.service").read_text()
    if f"ExecStart={installed.tried}/sbin/shorthopd\n" not in unit:
        problems.append("the unit does not start what was installed with it")
    return problems


def texts_name_their_places(installed):
    """If the prefix is not /usr, no installed text names a file of shorthop below /usr."""
    problems = []
    for name in names_below(installed.tried):
        path = installed.tried / name
        if path.is_symlink() or not name.startswith(("share/doc", "share/man", "lib/systemd", "share/shorthop")):
            continue
        found = re.search(r"(?<![\w.-])/usr/(s?bin/shorthop|share/shorthop)\S*", path.read_text())
        if found:
            problems.append(f"{name} names {found[0]}")
    if f"\nDAEMON={installed.tried}/sbin/shorthopd\n" not in (
            installed.tried / "share/doc/shorthop/sysvinit/shorthop").read_text():
        problems.append("the script of sysvinit does not start what was installed with it")
    return problems


def links_lead_somewhere(installed):
    """Checks the links in the installed documents, except those to the Web."""
    problems = []
    documents = installed.stage / SHARE / "doc/shorthop"
    followed = 0
    for page in sorted(documents.rglob("*.md")):
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
            if re.match(r"https?:|#", target):
                continue
            followed += 1
            if not (page.parent / target.partition("#")[0]).exists():
                problems.append(f"{page.relative_to(documents)}: {target} is not there")
    return problems if followed > 20 else [*problems, f"only {followed} links were found"]


def tests(installed):
    """(title, function that returns the problems)"""
    yield "every expected file is installed, and no other", (
        lambda: everything_has_its_place(installed))
    yield "only programs are executable, and every user can read every file", lambda: modes_are_right(installed)
    yield "the installed texts name the paths of their own installation", lambda: texts_name_their_places(installed)
    yield "the links of the documents lead to installed files", lambda: links_lead_somewhere(installed)
    yield "installing again keeps changed settings", lambda: settings_survive(installed)
    yield "another prefix has all files, and its unit starts its program", lambda: another_prefix_is_whole(installed)
