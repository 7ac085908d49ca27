"""The shipped settings files, `shorthop config` and shorthop.conf(5): the same settings with the same defaults."""
import re

import pages


def shipped(installed, name):
    """{setting: default} from the lines "#name = default" of a shipped file; None for a line "name = value", which sets
    another value than the default."""
    found = {}
    for line in (installed.stage / "usr/share/doc/shorthop/examples" / name).read_text().splitlines():
        match = re.fullmatch(r"(#?)([a-z][a-z-]*)\s*=\s*(.*)", line)
        if match:
            found[match[2]] = match[3].strip() if match[1] else None
    return found


def compare(what, one, other):
    return [f"{what}: {name} is {one.get(name, 'missing')!r} in one, {other.get(name, 'missing')!r} in the other"
            for name in sorted(set(one) | set(other)) if one.get(name, "missing") != other.get(name, "missing")]


def agree(installed, section, file):
    rows = {row["name"]: row["default"] or "" for row in installed.settings() if row["section"] in (section, "both")}
    # If a setting has a row for both files and one for this file, the latter is used.
    own = {row["name"]: row["default"] or "" for row in installed.settings() if row["section"] == section}
    rows.update(own)
    in_file = {name: rows.get(name) if value is None else value for name, value in shipped(installed, file).items()}
    in_page = pages.settings_of(installed, section)
    return compare(f"{file} and shorthop config", in_file, rows) + compare("shorthop.conf(5) and shorthop config",
                                                                           in_page, rows)


def tests(installed):
    """(title, function that returns the problems)"""
    yield "the main file, shorthop.conf(5) and shorthop config agree", lambda: agree(installed, "main", "shorthop.conf")
    yield "the example of relay.d, shorthop.conf(5) and shorthop config agree", (
        lambda: agree(installed, "relay", "example.org.conf.example"))
    yield "the installed main file equals the one in the documentation", lambda: [] if (
        installed.stage / "etc/shorthop/shorthop.conf").read_text() == (
        installed.stage / "usr/share/doc/shorthop/examples/shorthop.conf").read_text() else ["they differ"]
