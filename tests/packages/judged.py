"""The distribution's own checks of the packages: lintian, hardening-check, and a second build byte for byte."""
import filecmp
import re

import debs
import roots

# Compiled with -fcf-protection, but the linker marks a program only if all its parts are marked, and crt1.o is not.
NOT_AVAILABLE = {"bookworm": ["Control flow integrity"], "trixie": ["Branch Protection", "Control flow integrity"]}
TOOLS = ["devscripts", "lintian", "man-db", "mandoc"]


class Judged:
    """The packages of one release, and a second build of them."""

    def __init__(self, project, suite, folder, scratch):
        self.project, self.suite, self.folder, self.scratch = project, suite, folder, scratch

    def tests(self):
        """(title, function)"""
        yield "lintian --pedantic reports nothing about source and binaries", self.lintian
        yield "hardening-check sees every flag in both programs", self.hardening
        yield "built again, elsewhere and without a cache: the same bytes", self.reproducible

    def inside(self, line):
        root = roots.with_packages(self.suite, "tools", TOOLS)
        return roots.inside(root, ["sh", "-c", line], f"--bind-ro={self.folder}:/srv/result")

    def lintian(self):
        said = self.inside("mkdir /tmp/lintian && cp /srv/result/* /tmp/lintian && chown -R nobody /tmp/lintian && "
                           "cd /tmp/lintian && runuser -u nobody -- env HOME=/tmp lintian --version && "
                           "runuser -u nobody -- env HOME=/tmp lintian --pedantic --tag-display-limit 0 --color never "
                           "*.changes || true")
        lines = said.splitlines()
        expected = re.match(r"Lintian v[\d.]+", lines[0] if lines else "")
        return [] if expected and len(lines) == 1 else lines or ["lintian said nothing, not even its version"]

    def hardening(self):
        said = self.inside("mkdir /tmp/x && dpkg-deb -x /srv/result/shorthop_*.deb /tmp/x && "
                           "hardening-check /tmp/x/usr/bin/shorthop /tmp/x/usr/sbin/shorthopd || true")
        # For stack clash protection it says "unknown" if no function has a stack that needs it.
        problems = [line.strip() for line in said.splitlines()
                    if re.search(r": no\b", line) and line.strip().split(":")[0] not in NOT_AVAILABLE[self.suite]]
        if said.count("Position Independent Executable: yes") != 2 or said.count("Immediate binding: yes") != 2:
            problems.append(said)
        return problems

    def reproducible(self):
        again = self.scratch / f"again-{self.suite}"
        # The directory keeps the name that it had in the first build; only its location differs.
        made = debs.build(self.project, self.suite, again, checked=False, place="/another/place/shorthop", fresh=True)
        problems = [f"{deb.name} differs" for deb in made
                    if not filecmp.cmp(deb, self.folder / deb.name, shallow=False)]
        names = {path.name for path in self.folder.glob("*.dsc")} | {path.name for path in self.folder.glob("*.tar.*")}
        problems += [f"{name} differs" for name in sorted(names)
                     if not filecmp.cmp(again / name, self.folder / name, shallow=False)]
        return problems if made else ["nothing was built"]
