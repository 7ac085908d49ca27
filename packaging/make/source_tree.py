"""The source tree from which a package is built: the project's files. For Debian, debian/ is added."""
import os
import re
import shutil
import subprocess

from roots import SUITES


# The version of Debian's policy in each release; the packages conform to both.
POLICY = {"bookworm": "4.6.2", "trixie": "4.7.2"}


def files_of(project):
    """The files that git tracks or would add; without git, all files but those that a build makes."""
    listed = subprocess.run(["git", "-C", project, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            capture_output=True, text=True, check=False)
    if listed.returncode == 0 and (project / ".git").exists():
        names = [name for name in listed.stdout.split("\0") if name]
    else:
        names = [str(path.relative_to(project)) for path in project.rglob("*")]
    return sorted(name for name in names
                  if (project / name).is_file() and not name.startswith(("build/", ".git/", "debian/")))


def version(project):
    """VERSION of CMakeLists.txt."""
    return re.search(r"project\(shorthop VERSION ([\d.]+)", (project / "CMakeLists.txt").read_text())[1]


def export(project, to):
    """Copies the files to a new directory, with the permissions that git would give them."""
    for name in files_of(project):
        target = to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(project / name, target)
        target.chmod(0o755 if os.access(project / name, os.X_OK) else 0o644)
    return to


def debian_version(project, suite, upgrade=False):
    """0.1.0+deb12: higher on a later release, so that an upgrade of Debian upgrades the package. With `upgrade`
    0.1.0+deb12+upgrade, a newer version for the tests of upgrades."""
    return f"{version(project)}+deb{SUITES[suite]}" + ("+upgrade" if upgrade else "")


def export_for_debian(project, to, suite, upgrade=False):
    """export(), with debian/ and its changelog for this release."""
    export(project, to)
    shutil.copytree(to / "packaging/debian", to / "debian")
    changelog = to / "debian/changelog"
    head = f"shorthop ({debian_version(project, suite, upgrade)}) {suite}; "
    changelog.write_text(re.sub(r"^shorthop \([^)]*\) \S+; ", head, changelog.read_text(), count=1))
    control = to / "debian/control"
    control.write_text(re.sub(r"^Standards-Version: .*$", f"Standards-Version: {POLICY[suite]}", control.read_text(),
                              flags=re.MULTILINE))
    return to
