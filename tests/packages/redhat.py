"""Compares the RPM with the Debian package. It is built and inspected, not installed: there is no Fedora or EL here."""
import re
import shutil

import roots
import rpms

# Specific to each distribution: changelogs and licence, init script, zsh directory, links by build ID.
OWN = re.compile(r"/usr/share/(doc|licenses|lintian|zsh)/|/etc/init\.d/|/usr/lib/\.build-id\b")


def files_of_deb(deb):
    listed = roots.run(["dpkg-deb", "-c", deb]).splitlines()
    names = [re.split(r"\s+", line, maxsplit=5)[5].removeprefix(".").split(" -> ")[0] for line in listed]
    return {re.sub(r"^/lib/", "/usr/lib/", name).removesuffix(".gz") for name in names
            if not name.endswith("/") and not OWN.match(name)}


def compare(project, folder, deb):
    """The problems of the RPM."""
    shutil.rmtree(folder, ignore_errors=True)
    made = rpms.build(project, folder, checked=False)
    binary = next((path for path in made if not path.name.endswith(".src.rpm") and "debug" not in path.name), None)
    if binary is None or not any(path.name.endswith(".src.rpm") for path in made):
        return [f"only these were built: {[path.name for path in made]}"]

    def ask(*words):
        return roots.inside(rpms.build_root(project), ["rpm", "-qp", *words, f"/srv/{binary.name}"],
                            f"--bind-ro={folder}:/srv").splitlines()
    listed = {name.removesuffix(".gz") for name in ask("-l") if not OWN.match(name)}
    directories = {"/etc/shorthop", "/etc/shorthop/relay.d"}
    wanted = files_of_deb(deb) | directories
    problems = [f"{name} is not in the RPM" for name in sorted(wanted - listed)]
    problems += [f"{name} is only in the RPM" for name in sorted(listed - wanted)]
    if ask("--configfiles") != ["/etc/shorthop/shorthop.conf"]:
        problems.append(f"configuration is {ask('--configfiles')}")
    if not any(line.startswith("libmilter.so") for line in ask("--requires")):
        problems.append("it does not require libmilter")
    return problems
