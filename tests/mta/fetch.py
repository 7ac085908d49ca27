"""The mail systems of the private hosts: Debian's own packages, extracted into a cache and never installed.

The machine's own mail system is not touched. Libraries (and m4) that the packages need and the machine lacks are
fetched in the same way. Usage: python3 tests/mta/fetch.py
"""
import os
import pathlib
import pwd
import shutil
import subprocess
import sys
import tempfile

PACKAGES = {"postfix": ["postfix"], "sendmail": ["sendmail-bin", "sendmail-base", "sendmail-cf"],
            # What tests/export adds to Postfix: more table types, and another shell with its own tools.
            "tables": ["postfix-cdb", "postfix-lmdb", "postfix-sqlite", "sqlite3", "busybox-static"],
            "shells": ["mksh"],  # for tests/export
            "sshd": ["openssh-server"],  # for tests/export
            "slapd": ["slapd", "ldap-utils"]}  # for tests/live; installed, it would be a server of this machine
MADE_TYPES = ("cdb", "lmdb")  # table types in separate packages of Postfix for which postmap can build a database
LIBRARY_TYPES = (*MADE_TYPES, "pcre", "sqlite", "mysql", "pgsql", "ldap")  # all table types in separate packages
PROGRAM = {"postfix": "usr/sbin/postfix", "sendmail": "usr/libexec/sendmail/sendmail", "tables": "usr/bin/busybox",
           "shells": "usr/bin/mksh", "sshd": "usr/sbin/sshd", "slapd": "usr/sbin/slapd"}
RELEASE_PACKAGES = ["postfix", "iproute2", "util-linux", "mount", "rsyslog"]  # for hosts with another release
UNSPLIT = ("bin", "sbin", "lib")  # top-level folders that are links into /usr on a merged system


class FetchFailed(Exception):
    """The package is not available; the text says why and what to do."""


def release():
    """The distribution's release, for example "bookworm"."""
    for line in pathlib.Path("/etc/os-release").read_text().splitlines():
        name, _, value = line.partition("=")
        if name == "VERSION_CODENAME":
            return value.strip('"')
    return "unknown"


def cache_directory():
    home = pathlib.Path.home()
    if os.geteuid() == 0 and os.environ.get("SUDO_UID"):  # `./dev deps` has filled the cache as that user
        home = pathlib.Path(pwd.getpwuid(int(os.environ["SUDO_UID"])).pw_dir)
    base = os.environ.get("XDG_CACHE_HOME") or home / ".cache"
    return pathlib.Path(base) / "shorthop" / "mta" / release()


def run(*words, cwd=None):
    result = subprocess.run(words, cwd=cwd, text=True, capture_output=True, check=False,
                            env={**os.environ, "LC_ALL": "C.UTF-8"})
    if result.returncode != 0:
        raise FetchFailed(f"{' '.join(words)}: {result.stderr.strip() or result.stdout.strip()}; "
                          "does `apt-get update` help?")
    return result.stdout


def missing_libraries(packages):
    """Names of the libraries (and m4) that these packages need and this machine lacks."""
    plan = run("apt-get", "install", "--simulate", "--no-install-recommends", *packages)
    added = [line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")]
    return [name for name in added if name.startswith("lib") or name == "m4"]


def extract(package, tree):
    run("dpkg-deb", "--extract", str(package), str(tree))
    # A package from before the /usr merge has files in /lib. They move to usr/, which becomes part of the hosts' /usr.
    for name in UNSPLIT:
        split = tree / name
        if split.is_dir() and not split.is_symlink():
            shutil.copytree(split, tree / "usr" / name, symlinks=True, dirs_exist_ok=True)
            shutil.rmtree(split)


def fetch(system="postfix"):
    """The extracted packages of the mail system, fetched if the cache lacks them. Raises FetchFailed."""
    cache = cache_directory()
    target = cache / system
    if (target / PROGRAM[system]).exists():
        return target
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise FetchFailed("the private hosts take their mail systems from Debian's packages: apt-get and dpkg-deb "
                          "are needed")
    cache.mkdir(parents=True, exist_ok=True)
    # Built in a temporary folder and renamed at the end: an interrupted download leaves no incomplete tree.
    with tempfile.TemporaryDirectory(dir=cache, prefix="new-") as new:
        os.chmod(new, 0o755)  # apt's download user needs access
        names = [*PACKAGES[system], *missing_libraries(PACKAGES[system])]
        print(f"fetching {', '.join(names)} for the private hosts (not installed)", file=sys.stderr, flush=True)
        run("apt-get", "download", *names, cwd=new)
        tree = pathlib.Path(new) / "tree"
        for package in sorted(pathlib.Path(new).glob("*.deb")):
            extract(package, tree)
        tree.rename(target)
    return target


def fetch_release(suite):
    """A whole system of another Debian release with its own Postfix, made by debootstrap and kept. Raises FetchFailed."""
    sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "packaging/make"))
    import roots  # packaging/make/roots.py
    if missing := roots.programs_missing():
        raise FetchFailed(f"hosts with Debian {suite} need the programs {', '.join(missing)}")
    try:
        return roots.with_packages(suite, "mta", RELEASE_PACKAGES)
    except (roots.RootFailed, OSError) as failure:
        raise FetchFailed(f"a system with Debian {suite} could not be made: {failure}") from failure


def fetch_types():
    """The extracted packages of LIBRARY_TYPES; None, with a message, if they are not available."""
    cache = cache_directory()
    tree = cache / ("postfix-types-" + "-".join(LIBRARY_TYPES))
    if tree.exists():
        return tree
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="new-") as new:
        os.chmod(new, 0o755)
        names = [f"postfix-{name}" for name in LIBRARY_TYPES]
        try:
            libraries = [name for name in missing_libraries(names) if not name.startswith("postfix")]
            run("apt-get", "download", *names, *libraries, cwd=new)
        except FetchFailed as failure:
            print(f"-- tables of the types {', '.join(LIBRARY_TYPES)} are left out: {failure}", file=sys.stderr)
            return None
        for package in sorted(pathlib.Path(new).glob("*.deb")):
            extract(package, pathlib.Path(new) / "tree")
        (pathlib.Path(new) / "tree").rename(tree)
    return tree


def dynamic_maps(folder, seen_as=pathlib.Path):
    """dynamicmaps.cf for the LIBRARY_TYPES whose libraries are in the folder. seen_as(path) is the path of a library as
    this process sees it."""
    libraries = {name: f"{folder}/postfix-{name}.so" for name in LIBRARY_TYPES}
    make = {name: f"\tmkmap_{name}_open" for name in MADE_TYPES}
    return "".join(f"{name}\t{library}\tdict_{name}_open{make.get(name, '')}\n"
                   for name, library in libraries.items() if seen_as(library).exists())


if __name__ == "__main__":
    try:
        fetch_types()
        for mail_system in PACKAGES:
            print(fetch(mail_system))
    except (FetchFailed, OSError) as failure:
        sys.exit(f"fetch.py: {failure}")
