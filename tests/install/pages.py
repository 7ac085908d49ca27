"""The manual pages: linted, and compared with the program in both directions."""
import os
import pathlib
import re

from installed import run

# The pages of Postfix and systemd need not be installed.
NOT_OURS = re.compile(r"referenced manual not found|outdated mandoc\.db")


def all_pages(installed):
    return sorted((installed.stage / "usr/share/man").rglob("*.[158]"))


def text_of(installed, name):
    """The source of a page without roff escapes, for comparing words."""
    path = installed.stage / "usr/share/man" / f"man{name[-1]}" / name
    text = path.read_text() if path.is_file() else ""
    return text.replace("\\&", "").replace("\\-", "-").replace("\\e", "\\")


def section_of(text, title):
    found = re.search(rf"^\.S[hs] {re.escape(title)}\n(.*?)(?=^\.S[hs] |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def items_of(text):
    """(head, body) of each item of the lists in a text."""
    return re.findall(r"^\.It ([^\n]*)\n(.*?)(?=^\.It |^\.El)", text, re.MULTILINE | re.DOTALL)


def settings_of(installed, section):
    """{setting: default} from shorthop.conf(5)."""
    text = section_of(text_of(installed, "shorthop.conf.5"), {"main": "THE MAIN FILE", "relay": "A FILE IN relay.d"}[section])
    found = {}
    for head, body in items_of(text):
        default = re.search(r'^The default is\n\.Ql "(.*)" \.$', body, re.MULTILINE)
        if not default and "It is not set by default." not in body:
            continue  # the page gives no default, so the setting is reported as missing
        found[re.match(r'Ic "([^"]*)"', head)[1]] = default[1] if default else ""
    return found


def words(text):
    """The words of a text for comparison, in lower case, without macros and punctuation."""
    text = re.sub(r"^\.(Xr|Ql|Pp) ?", "", text, flags=re.MULTILINE)
    return re.findall(r"[a-z0-9]+", text.lower())


def lint(installed):
    problems = []
    for page in all_pages(installed):
        said = run("mandoc", "-T", "lint", "-W", "style", page)
        problems += [line for line in (said.stdout + said.stderr).splitlines() if not NOT_OURS.search(line)]
        groff = run("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page,
                    env={**os.environ, "LC_ALL": "C.UTF-8", "MANROFFSEQ": "", "MANWIDTH": "80"})
        problems += [f"{page.name}: {line}" for line in groff.stderr.splitlines()]
        if groff.returncode != 0 or not groff.stdout:
            problems.append(f"{page.name}: man gives status {groff.returncode}")
    return problems


def lint_reports_errors(installed):
    page = installed.scratch / "bad.8"
    page.write_text(text_of(installed, "shorthopd.8") + ".Sh DESCRIPTION\n.Xx what\n")
    said = run("mandoc", "-T", "lint", page)
    return [] if "unknown macro" in said.stdout + said.stderr else ["mandoc does not report an unknown macro"]


def meanings_agree(installed):
    problems = []
    page = text_of(installed, "shorthop.conf.5")
    for title, sections in (("THE MAIN FILE", ("main", "both")), ("A FILE IN relay.d", ("relay", "both"))):
        bodies = {re.match(r'Ic "([^"]*)" No = Ar "([^"]*)"', head).groups(): body
                  for head, body in items_of(section_of(page, title))}
        for row in installed.settings():
            if row["section"] not in sections:
                continue
            body = bodies.get((row["name"], row["unit"]), "")
            if words(row["meaning"]) != words(body)[:len(words(row["meaning"]))]:
                problems.append(f"{row['name']}: the page says something else")
            if ("A change needs a restart." in body) != (row["on_change"] == "restart"):
                problems.append(f"{row['name']}: a change needs a {row['on_change']}")
    return problems


def differences(what, in_page, in_program):
    return ([f"{what}: {sorted(set(in_page) - set(in_program))} is in the page, the program does not know it"]
            if set(in_page) - set(in_program) else []) + (
        [f"{what}: {sorted(set(in_program) - set(in_page))} is not in the page"]
        if set(in_program) - set(in_page) else [])


def reasons_agree(installed, source):
    rows = dict(re.findall(r'ReasonRow\{Reason::\w+, "([^"]+)",\s*"([^"]+)"\}', source.read_text()))
    items = {head.removeprefix('Cm "').rstrip('"'): body
             for head, body in items_of(section_of(text_of(installed, "shorthopd.8"), "REASONS"))}
    problems = differences("shorthopd(8), reasons", items, rows)
    problems += [f"{name}: the page says something else" for name, meaning in rows.items()
                 if words(items.get(name, "")) != words(meaning)]
    return problems if rows else [f"{source} has no rows"]


def exits_of(installed, page):
    return {head: words(body) for head, body in items_of(section_of(text_of(installed, page), "EXIT STATUS"))}


def options_of(installed, page):
    found = {}
    for head, body in items_of(section_of(text_of(installed, page), "Options")):
        match = re.fullmatch(r'Fl (-[a-z-]+)(?: Ar "(.*)")?', head)
        if not match:
            return {head: ["not an option"]}
        found["-" + match[1] + (f" {match[2]}" if match[2] else "")] = words(body)
    return found


def page_of_program_agrees(installed, page, *program):
    """A page has the options and exit statuses of --help, with the same meanings."""
    problems = []
    for section, in_page in (("options", options_of(installed, page)), ("exit status", exits_of(installed, page))):
        said = {head: words(rest) for head, rest in installed.help_section(section, *program)}
        problems += differences(f"{page}, {section}", in_page, said)
        problems += [f"{page}: {head}: the page says something else" for head in said
                     if head in in_page and in_page[head] != said[head]]
        if not said:
            problems.append(f"{program}: --help has no section {section}")
    return problems


def tool_agrees(installed):
    """shorthop(1) has the subcommands, their options, and their exit statuses that sysexits.h defines."""
    page = text_of(installed, "shorthop.1")
    heads = [head for head, _ in items_of(section_of(page, "Subcommands"))]
    named = [re.match(r'Cm "([^"]+)"', head)[1] for head in heads]
    known = installed.subcommands()
    problems = differences("shorthop(1), subcommands", named, known)
    for name, head in zip(named, heads):
        options = {f"--{option}" for option in re.findall(r"Fl -([a-z-]+)", head)}
        options = {option.replace("---", "--") for option in options}
        said = {words.split()[0] for words, _ in installed.help_section("options", name)}
        problems += differences(f"shorthop(1), options of {name}", options | {"--config", "--help", "--version"}, said)
    statuses = {status for name in known for status, _ in installed.help_section("exit status", name)}
    statuses = {status for status in statuses if int(status) == 0 or int(status) >= 64}
    problems += differences("shorthop(1), exit statuses", exits_of(installed, "shorthop.1"), statuses)
    have = {page.name.removeprefix("shorthop-").removesuffix(".1") for page in all_pages(installed)
            if page.name.startswith("shorthop-") and page.name.endswith(".1")}
    have.discard("export")  # a program of its own, for the primary
    return problems + differences("pages of subcommands", have, known)


def tables_agree(installed):
    """Compares the types in the page with those that the program lists in its message about an unknown type."""
    settings = installed.scratch / "tables/shorthop.conf"
    settings.parent.mkdir(exist_ok=True)
    settings.write_text("postfix-config = none\nlocal-domains = example.com\nlocal-recipients = nosuch:table\n")
    said = run(installed.stage / "usr/bin/shorthop", "check", "--config", settings)
    found = re.search(r"the supported types are ([a-z0-9, ]+)", said.stdout + said.stderr)
    if not found:
        return [f"shorthop check names no types: {said.stdout}{said.stderr}"]
    items = [re.match(r'Cm "([^"]+)"', head)[1]
             for head, _ in items_of(section_of(text_of(installed, "shorthop-tables.5"), "Types"))]
    return differences("shorthop-tables(5)", items, found[1].split(", "))


def mentioned_names_exist(installed):
    """Checks in the prose of every page: `shorthop NAME`, `setting = value`, and our own pages."""
    known = installed.subcommands()
    settings = {row["name"] for row in installed.settings()}
    pages = {page.name for page in all_pages(installed)}
    problems = []
    for page in all_pages(installed):
        text = text_of(installed, page.name)
        for name in re.findall(r'^\.(?:Ql|Dl) "?shorthop ([a-z]+)', text, re.MULTILINE):
            if name not in known:
                problems.append(f"{page.name}: shorthop {name} does not exist")
        for name in re.findall(r"^\.Ql ([a-z-]+) = ", text, re.MULTILINE):
            if name not in settings | {"setting"}:
                problems.append(f"{page.name}: there is no setting {name}")
        for name, section in re.findall(r"^\.Xr (shorthop\S*) (\d)", text, re.MULTILINE):
            if f"{name}.{section}" not in pages:
                problems.append(f"{page.name}: there is no page {name}({section})")
    for name in re.findall(r"^([a-z-]+)\s+= ", section_of(text_of(installed, "shorthop.conf.5"), "EXAMPLES"), re.MULTILINE):
        if name not in settings:
            problems.append(f"shorthop.conf(5), example: there is no setting {name}")
    return problems


def tests(installed):
    """(title, function that returns the problems)"""
    source = pathlib.Path(__file__).resolve().parents[2] / "milter/session/reason.h"
    yield "mandoc -T lint and man --warnings report nothing", lambda: lint(installed)
    yield "test of the test: mandoc reports an error", lambda: lint_reports_errors(installed)
    yield "shorthop.conf(5) explains each setting in the words of shorthop config", lambda: meanings_agree(installed)
    yield "shorthopd(8) has the reasons of session/reason.h", lambda: reasons_agree(installed, source)
    yield "shorthopd(8) and shorthopd --help agree", (
        lambda: page_of_program_agrees(installed, "shorthopd.8", "shorthopd"))
    for name in installed.subcommands():
        yield f"shorthop-{name}(1) and shorthop {name} --help agree", (
            lambda name=name: page_of_program_agrees(installed, f"shorthop-{name}.1", name))
    yield "shorthop(1) has all subcommands, options and exit statuses, and no other", lambda: tool_agrees(installed)
    yield "shorthop-tables(5) has the types that the program supports", lambda: tables_agree(installed)
    yield "the subcommands, settings and pages that a page mentions exist", lambda: mentioned_names_exist(installed)
