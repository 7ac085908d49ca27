#!/usr/bin/env python3
"""The packages: built for Debian 12 and 13, checked by the distribution's tools, and used in booted systems.

run.py [NAME]: only tests with NAME in their title, which begins with the release. A "life" is the life of a package on
one system, from its installation to its purge. Each step depends on the earlier ones, so a life runs completely or not
at all. Everything happens in separate systems below ~/.cache/shorthop/roots and build/packages-test; the first run
takes long. The last line is "N passed, N failed".
"""
import argparse
import pathlib
import shutil
import sys
import time

from system import Failed, System, roots

import debs
import elsewhere
import judged
import life
import purges
import redhat
import rpms
import source_tree
import two_systems

PROJECT = pathlib.Path(__file__).resolve().parents[2]
SCRATCH = PROJECT / "build/packages-test"
SOURCE = SCRATCH / "source"  # the source of all builds, unaffected by later changes of the project
POSTFIX = {"bookworm": "3.7", "trixie": "3.10"}
# Packages of the systems beyond debootstrap's minimum.
BOOTED = ["systemd", "systemd-sysv", "dbus", "python3", "procps", "iproute2"]
# The release of the primary for each release of the secondary: each release is tested as primary and as secondary.
PRIMARY_OF = {"bookworm": "trixie", "trixie": "bookworm"}


class Tests:
    """Runs and counts."""

    def __init__(self, name):
        self.name, self.passed, self.failed = name, 0, 0

    def wants(self, title):
        return self.name in title

    def run(self, title, check):
        """check() returns a list of problems, or nothing, or raises Failed."""
        begin = time.monotonic()
        try:
            problems = check() or []
        except (Failed, roots.RootFailed) as failure:
            problems = str(failure).splitlines()
        self.passed, self.failed = (self.passed, self.failed + 1) if problems else (self.passed + 1, self.failed)
        print(f"{'FAILED' if problems else 'ok    '} {title} ({time.monotonic() - begin:.0f} s)", flush=True)
        for problem in problems:
            print(f"       {problem}")
        return not problems

    def run_life(self, title, root, make):
        """Runs the steps of a life in its own system; after a failure the rest is skipped."""
        with System(root, SCRATCH, title.replace(" ", "-")) as system:
            self.run_steps(title, make(system))

    def run_two(self, title, primary_root, secondary_root, package):
        """Like run_life(), with two systems."""
        name = title.replace(" ", "-")
        with System(primary_root, SCRATCH, f"{name}-1") as primary, System(secondary_root, SCRATCH, f"{name}-2") as secondary:
            self.run_steps(title, two_systems.TwoSystems(primary, secondary, package))

    def run_steps(self, title, life_to_run):
        for step, check in life_to_run.steps():
            if not self.run(f"{title}: {step}", check):
                return


def primary_root(suite):
    """The root of a primary; apt's cache has what it needs, and nothing of the package."""
    return roots.with_packages(suite, "primary", BOOTED, (("postfix", "openssh-server", "dnsmasq-base"),))


def without_symbols(built):
    """{name: path} of the packages that people install."""
    return {path.name.split("_")[0]: path for path in built if "-dbgsym_" not in path.name}


def depends_of(packages):
    """What these packages depend on, without themselves and systemd."""
    depends = ",".join(roots.run(["dpkg-deb", "-f", package, "Depends"]) for package in packages.values())
    names = {part.split("|")[0].split("(")[0].strip() for part in depends.split(",")}
    return sorted(names - {"systemd", *packages})


def ready(suite, packages):
    """The root to boot copies of; apt's cache has Postfix, ssh and what these packages depend on."""
    return roots.with_packages(suite, "system", BOOTED,
                               (("postfix", "openssh-client", *depends_of(packages)), ("rpm",)))


def openrc_root(suite, packages):
    """A root with OpenRC, which Debian 13 does not install beside systemd-sysv."""
    return roots.with_packages(suite, "openrc", ["systemd", "openrc"], (depends_of(packages),))


def run_suite(tests, suite):
    folder = SCRATCH / "packages" / suite
    shutil.rmtree(folder, ignore_errors=True)
    upgrade_folder = SCRATCH / "packages" / f"{suite}-upgrade"
    built = {}

    def build():
        built["packages"] = without_symbols(debs.build(SOURCE, suite, folder))
        built["upgrades"] = without_symbols(debs.build(SOURCE, suite, upgrade_folder, upgrade=True, checked=False))

    if not tests.run(f"{suite}: the packages build and pass their tests with nothing but the Build-Depends", build):
        return
    for title, check in judged.Judged(SOURCE, suite, folder, SCRATCH).tests():
        if tests.wants(f"{suite}: {title}"):
            tests.run(f"{suite}: {title}", check)
    run_systems(tests, suite, built["packages"], built["upgrades"])


def run_systems(tests, suite, packages, upgrades):
    """The packages in systems of the release."""
    package, root = packages["shorthop"], ready(suite, packages)
    lives = {
        "life": lambda system: life.Life(system, package, upgrades["shorthop"], POSTFIX[suite]),
        "modules": lambda system: elsewhere.Modules(system, packages.values(), upgrades.values()),
        "Postfix later": lambda system: elsewhere.PostfixLater(system, package),
        "purges": lambda system: purges.Purges(system, package),
    }
    for name, make in lives.items():
        if tests.wants(f"{suite} {name}"):
            tests.run_life(f"{suite} {name}", root, make)
    if tests.wants(f"{suite} two systems"):
        tests.run_two(f"{suite} two systems", primary_root(PRIMARY_OF[suite]), root, package)
    others = {
        "without systemd the init script starts, reloads and stops the daemon":
            lambda: elsewhere.without_systemd(suite, root, package, SCRATCH),
        "OpenRC starts, supervises, reloads and stops the daemon":
            lambda: elsewhere.with_openrc(suite, openrc_root(suite, packages), package, SCRATCH),
    }
    for title, check in others.items():
        if tests.wants(f"{suite}: {title}"):
            tests.run(f"{suite}: {title}", check)


def run_rpm(tests):
    packages = without_symbols(sorted((SCRATCH / "packages" / rpms.SUITE).glob("*.deb")))
    folder = SCRATCH / "packages/rpm"
    title = "rpm: Debian's rpmbuild builds it, with the files of the Debian package and the settings as configuration"
    if not packages or not tests.wants(title) or not tests.run(
            title, lambda: redhat.compare(SOURCE, folder, packages["shorthop"])):
        return
    rpm = redhat.binary_in(folder)
    tests.run_life("rpm", ready(rpms.SUITE, packages), lambda system: redhat.RpmLife(system, rpm, packages["shorthop"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="?", default="", help="part of the titles to run")
    tests = Tests(parser.parse_args().name)
    shutil.rmtree(SOURCE, ignore_errors=True)
    source_tree.export(PROJECT, SOURCE)
    # "trixie life" selects one release; words without a release select both. The RPM is compared with one package.
    named = [suite for suite in roots.SUITES if suite in tests.name]
    for suite in [rpms.SUITE] if tests.name.startswith("rpm") else named or roots.SUITES:
        run_suite(tests, suite)
    run_rpm(tests)
    print(f"{tests.passed} passed, {tests.failed} failed")
    return 1 if tests.failed or not tests.passed else 0


if __name__ == "__main__":
    sys.exit(main())
