"""The panels. A real primary with a real database server has the panel's tables, settings and data. The secondary has
a mirror made by shorthop-export, and the relay file of `shorthop setup --primary-is`.

Usage: python3 tests/panels/run.py --bin DIR [--accept] [NAME...]     NAME: part of a panel's name
For each panel: every table answers shorthop as it answers postmap(1); `shorthop resolve` decides as expected, once with
the database asked from the secondary, and once with the entries exported into the mirror; and the page in packaging/doc/panels/ shows what
is printed (--accept writes it there). For the panels in WITH_MAIL, mail to each address also ends up where it does
without shorthop. The last line says how many passed and failed; exit status 77: this machine cannot have private hosts.
"""
import argparse
import dataclasses
import os
import pathlib
import re
import signal
import sys
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / name) for name in ("mta", "export", "tool")]  # before this folder: `run` must be that of tests/mta
import fetch  # noqa: E402
import hosts as private_hosts  # noqa: E402
import namespaces  # noqa: E402
import test_panels  # noqa: E402
from daemon import Daemon  # noqa: E402
from run import Mta  # noqa: E402

import panel as panels  # noqa: E402
from lookups import wrong_answers  # noqa: E402
from pages import Page  # noqa: E402
from primary_panel import PrimaryPanel, stand_ins  # noqa: E402
from servers import KINDS  # noqa: E402

# Panels that are tested with mail. Of the others, only the answers of their tables and the decisions are compared.
WITH_MAIL = ("postfixadmin-mysql", "postfixadmin-pgsql", "mailcow", "iredmail-sql", "iredmail-ldap", "ispconfig-old",
         "ispconfig-new")
TOOLS = ("slapd", "tables")  # groups of fetch.py with the clients of LDAP and SQLite that shorthop-export runs


class PanelHosts(Mta):
    """The hosts, and the servers on the primary. A server is started when a panel first needs it."""

    def __init__(self, binaries):
        self.hosts = private_hosts.Hosts(binaries, tools=TOOLS)
        self.daemon = Daemon(self.hosts.secondary)
        self.servers = {}
        stand_ins(self.hosts.primary.place)

    def server(self, kind):
        if kind in KINDS and kind not in self.servers:
            self.servers[kind] = KINDS[kind](self.hosts.primary.place)
        return self.servers.get(kind)

    def close(self):
        for server in self.servers.values():
            server.close()
        super().close()


def asked_live(mta, work, accept):
    """The decisions, with the database asked from the secondary."""
    work.mirror(work.export("--table-files"))
    wrong = work.wrong_decisions(work.panel.expected())
    mta.check(not wrong, "asked at each look-up:\n  " + "\n  ".join(wrong))
    shown_on_page(mta, work, accept)


def shown_on_page(mta, work, accept):
    of_page = [name for name in panels.names() if Page.for_panel(name).panel == work.page.panel]
    if of_page[0] != work.panel.name:  # a page for several panels shows the first one
        return
    addresses, shown = work.page.shown()
    printed = mta.daemon.tool("resolve", *addresses).stdout
    if accept:
        work.page.show(printed)
    else:
        mta.check(printed == shown, f"{work.page.path} shows\n{shown}and this is printed (--accept):\n{printed}")


def listed(mta, work):
    """The decisions, with the tables listed by the export, as the relay file's comment says."""
    if changes := work.panel.text("before-listing"):
        work.server.change(changes, work.panel.login().get("dbname"))
    words = re.search(r"(?m)^# shorthop-export (.*) lists them", work.preset())
    if not words:
        return
    bundle = work.export(*words[1].split())
    work.mirror(bundle, is_asked=False)
    wrong = work.wrong_decisions(work.panel.expected(is_listed=True))
    left = bundle.manifest("not-listed")
    mta.check(not wrong, "listed:\n  " + "\n  ".join(wrong) + f"\n  not listed: {left}")
    kept_without_acceptance(mta, work)


def kept_without_acceptance(mta, work):
    """Checks what the page says about differences: without accept-difference, nothing is replaced."""
    says = "accept-difference = " in work.page.text()
    has_filter = {"content_filter", "smtpd_milters"} & set(work.panel.parameters())
    provable = [one for one in work.panel.expected(is_listed=True) if one.decision == "rewrite"]
    if not says or not has_filter or not provable:
        return
    work.write_relay_file(is_asked=False, accepts=False)
    wrong = work.wrong_decisions([dataclasses.replace(one, decision="keep", reason="policy", targets=())
                                  for one in provable])
    mta.check(not wrong, "without accept-difference:\n  " + "\n  ".join(wrong))


def try_panel(mta, panel, accept):
    work = PrimaryPanel(mta, panel, mta.server(panel.database_type()))
    try:
        work.install()
        wrong = wrong_answers(mta, panel)
        mta.check(not wrong, "look-ups:\n  " + "\n  ".join(wrong[:20]))
        asked_live(mta, work, accept)
        if panel.name in WITH_MAIL:
            test_panels.judge(mta, panel.name, panel.expected())
        listed(mta, work)
    finally:
        work.forget_login()


def logs(mta):
    told = "\n".join(line for line in mta.daemon.all_log().splitlines() if ": recipient=<" not in line)
    parts = [("shorthopd", told), *((one.name, one.log()) for one in mta.hosts.servers[:2])]
    return "\n".join(f"  -- log of {name}:\n" + "\n".join("  " + line for line in text.splitlines()[-20:])
                     for name, text in parts)


def run_all(chosen):
    counts = {"ok": 0, "FAIL": 0}
    mta = PanelHosts(chosen.bin.resolve())
    try:
        for name in panels.names():
            if chosen.names and not any(part in name for part in chosen.names):
                continue
            begun, result, detail = time.monotonic(), "ok", ""
            try:
                mta.begin()
                try_panel(mta, panels.Panel(name), chosen.accept)
            except AssertionError as failure:
                result, detail = "FAIL", f"\n  {failure}\n{logs(mta)}"
            except Exception:
                result, detail = "FAIL", f"\n{traceback.format_exc()}{logs(mta)}"
            counts[result] += 1
            print(f"{result:8}{name}  {time.monotonic() - begun:.2f} s{detail}", flush=True)
    finally:
        mta.close()
    print(f"{counts['ok']} passed, {counts['FAIL']} failed")
    return 1 if counts["FAIL"] or not counts["ok"] else 0


def main():
    os.environ.setdefault("SHORTHOP_SEED", "1")
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--bin", required=True, type=pathlib.Path, help="folder with shorthopd, shorthop and table-query")
    options.add_argument("--accept", action="store_true", help="write what resolve prints into the pages")
    options.add_argument("names", nargs="*", metavar="NAME")
    chosen = options.parse_args()
    namespaces.become_root("the tests of panels")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("run.py: ended by SIGTERM"))
    return run_all(chosen)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except (namespaces.Unavailable, fetch.FetchFailed) as reason:
        print(f"panels SKIPPED: {reason}\n0 passed, 0 failed, 1 skipped", file=sys.stdout)
        sys.exit(namespaces.SKIPPED)
