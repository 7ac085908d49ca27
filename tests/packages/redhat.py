"""The RPM: compared with the Debian package, and installed and erased by Debian's rpm, because there is no Fedora or EL
here. So its own scriptlets run with a real systemd, but neither the macros nor the file triggers of those distributions.
"""
import re
import shutil

import roots
import rpms
from life import expect

# Specific to each distribution: changelogs and licence, init script, zsh directory, links by build ID.
OWN = re.compile(r"/usr/share/(doc|licenses|lintian|zsh)/|/etc/init\.d/|/usr/lib/\.build-id\b")


def files_of_deb(deb):
    listed = roots.run(["dpkg-deb", "-c", deb]).splitlines()
    names = [re.split(r"\s+", line, maxsplit=5)[5].removeprefix(".").split(" -> ")[0] for line in listed]
    return {re.sub(r"^/lib/", "/usr/lib/", name).removesuffix(".gz") for name in names
            if not name.endswith("/") and not OWN.match(name)}


def binary_in(folder):
    """The package with the programs, or None."""
    return next((path for path in sorted(folder.glob("shorthop-[0-9]*.rpm")) if not path.name.endswith(".src.rpm")), None)


def compare(project, folder, deb):
    """The problems of the RPM."""
    shutil.rmtree(folder, ignore_errors=True)
    made = rpms.build(project, folder, checked=False)
    binary = binary_in(folder)
    if binary is None or not any(path.name.endswith(".src.rpm") for path in made):
        return [f"only these were built: {[path.name for path in made]}"]

    def ask(*words):
        return roots.inside(rpms.build_root(project), ["rpm", "-qp", *words, f"/srv/{binary.name}"],
                            f"--bind-ro={folder}:/srv").splitlines()
    listed = {name.removesuffix(".gz") for name in ask("-l") if not OWN.match(name)}
    directories = {"/etc/shorthop", "/etc/shorthop/relay.d", "/usr/share/shorthop"}
    wanted = files_of_deb(deb) | directories
    problems = [f"{name} is not in the RPM" for name in sorted(wanted - listed)]
    problems += [f"{name} is only in the RPM" for name in sorted(listed - wanted)]
    if ask("--configfiles") != ["/etc/shorthop/shorthop.conf"]:
        problems.append(f"configuration is {ask('--configfiles')}")
    if not any(line.startswith("libmilter.so") for line in ask("--requires")):
        problems.append("it does not require libmilter")
    return problems


class RpmLife:
    """The steps in order, on one booted Debian system."""

    def __init__(self, system, rpm, deb):
        self.system = system
        self.rpm, self.deb = (f"/srv/packages/{file.name}" for file in (rpm, deb))
        for file in (rpm, deb):
            system.put(file, f"/srv/packages/{file.name}")

    def steps(self):
        """(title, function)"""
        yield "it installs, and its daemon runs", self.install
        yield "when it is installed again, the timer and the running pull of a relay stay", self.install_again
        yield "erased during a pull: no timer, drop-in or failed unit is left", self.erase

    def install(self):
        system = self.system
        # The libraries stay when the Debian package is purged.
        for words in (["install", "postfix", "rpm", self.deb], ["purge", "shorthop"]):
            system.apt(*words)
        system.run("rpm", "-i", "--nodeps", self.rpm)
        # As the file triggers of Fedora and EL do.
        system.shell("systemd-sysusers && systemd-tmpfiles --create shorthop.conf && systemctl daemon-reload && "
                     "systemctl start shorthop.service && shorthop status")

    def install_again(self):
        system, folder = self.system, "/etc/systemd/system/shorthop-pull@example.org.service.d"
        # example.org gets a pull that takes long. The pull of example.net fails, because there is no such relay.
        system.shell(f"mkdir {folder} && printf '[Service]\\nExecStart=\\nExecStart=sleep 1000\\n' >{folder}/test.conf && "
                     "systemctl daemon-reload && systemctl enable --now shorthop-pull@example.org.timer && "
                     "systemctl start --no-block shorthop-pull@example.org.service && "
                     "! systemctl start shorthop-pull@example.net.service")
        system.run("rpm", "-U", "--replacepkgs", "--nodeps", self.rpm)
        states = [system.state_of(f"shorthop-pull@example.org.{kind}") for kind in ("timer", "service")]
        expect(states == ["active", "activating"], f"timer and pull are {states}")

    def erase(self):
        system = self.system
        system.run("rpm", "-e", "shorthop")
        states = [system.state_of(f"shorthop-pull@example.org.{kind}") for kind in ("timer", "service")]
        expect(states == ["inactive", "inactive"], f"timer and pull are {states}")
        left = system.shell("find /etc/systemd -name '*shorthop*'; systemctl --failed --no-legend --plain")
        expect("shorthop" not in left, f"left: {left}")
