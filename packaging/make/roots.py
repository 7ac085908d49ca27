"""Clean Debian systems ("roots") below ~/.cache/shorthop/roots, made by debootstrap: one of each release with no
further packages, and copies of it with more packages. Each is kept for MAX_DAYS, or until its list of packages changes.
"""
import fcntl
import hashlib
import os
import pathlib
import pwd
import shlex
import shutil
import subprocess
import sys
import time

SUITES = {"bookworm": 12, "trixie": 13}
MAX_DAYS = 30
NSPAWN = ["systemd-nspawn", "-q", "--register=no", "--keep-unit"]


class RootFailed(Exception):
    """A system could not be made; the text says why and what to do."""


def say(text):
    """Prints the progress."""
    print(f"-- {time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def cache_directory():
    """~/.cache/shorthop of the caller, also through sudo."""
    home = pathlib.Path.home()
    if os.geteuid() == 0 and os.environ.get("SUDO_UID"):
        home = pathlib.Path(pwd.getpwuid(int(os.environ["SUDO_UID"])).pw_dir)
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "shorthop"


def run(words, **more):
    """Runs a command and returns its output; if it fails, raises RootFailed with the end of the output."""
    done = subprocess.run([str(word) for word in words], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, check=False, env={**os.environ, "LC_ALL": "C.UTF-8"}, **more)
    if done.returncode != 0:
        end = "\n".join(done.stdout.splitlines()[-30:])
        raise RootFailed(f"{shlex.join(str(word) for word in words)}: status {done.returncode}\n{end}")
    return done.stdout


def repositories():
    """(URI, release, component) of each repository that apt uses on this host."""
    lines = run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME) $(COMPONENT)",
                 "Created-By: Packages"]).splitlines()
    return sorted({tuple(line.split()) for line in lines if len(line.split()) == 3})


def sources(suite):
    """Lines of sources.list for this suite, from the mirrors of this host's apt; security updates are last."""
    lines = []
    for uri, codename, component in repositories():
        for known in SUITES:
            if component == "main" and codename in (known, f"{known}-security"):
                lines.append(f"deb {uri} {codename.replace(known, suite)} main")
    lines.sort(key=lambda line: "-security" in line)
    if not lines or "-security" in lines[0]:
        raise RootFailed("apt on this host has no mirror of Debian 12 or 13: add deb lines with 'main' to its sources")
    return lines


def apt_settings():
    """Lines of apt.conf: those of this host that say how to reach the mirrors, such as a proxy, and some of our own."""
    kept = ("Acquire::http::Proxy", "Acquire::https::Proxy", "Acquire::Check-")
    lines = [line for line in run(["apt-config", "dump"]).splitlines() if line.startswith(kept)]
    return [*lines, 'APT::Install-Recommends "false";', 'Acquire::Languages "none";']


def inside(root, words, *options, network=False):
    """Runs a command in a root, as in a container, and returns its output. Without `network` it has no network."""
    net = ["--resolv-conf=copy-host"] if network else ["--private-network"]
    said = run([*NSPAWN, "--as-pid2", "--timezone=off", "-D", root, *net, *options, "--", *words])
    # Where no systemd runs, systemd-nspawn complains about its own clean-up; this is not output of the command.
    return "".join(line for line in said.splitlines(True) if "we can't allow that" not in line)


def apt(root, *words):
    """apt-get in a root."""
    inside(root, ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y", *words], network=True)


def install(root, packages):
    """Installs packages in a root."""
    apt(root, "install", *packages)


def stamp_of(root):
    """A text that changes whenever the root is made again."""
    return str((root.parent / f"{root.name}.stamp").stat().st_mtime)


def is_current(root, stamp):
    """Whether a root exists that was made with this stamp, and not too long ago."""
    file = root.parent / f"{root.name}.stamp"
    return (root.is_dir() and file.is_file() and file.read_text() == stamp
            and time.time() - file.stat().st_mtime < MAX_DAYS * 86400)


def remove(root):
    """Removes a root, if it exists."""
    if root.exists():
        run(["rm", "-rf", "--one-file-system", root])


def made(name, stamp, make):
    """The root of this name. Unless there is a current one, make(path) makes it; meanwhile other processes wait."""
    root = cache_directory() / "roots" / name
    root.parent.mkdir(parents=True, exist_ok=True)
    with open(root.parent / f"{name}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_current(root, stamp):
            make_aside(root, make)
            (root.parent / f"{name}.stamp").write_text(stamp)
    return root


def make_aside(root, make):
    """Makes a root under another name, and renames it when it is complete."""
    new = root.parent / f"{root.name}.new"
    remove(new)
    begin = time.time()
    try:
        make(new)
    except BaseException:
        remove(new)
        raise
    remove(root)
    new.rename(root)
    say(f"{root.name}: made in {time.time() - begin:.0f} s")


def base(suite):
    """The release as debootstrap makes it (minbase), with all its updates."""
    def make(root):
        lines = sources(suite)
        say(f"debootstrap {suite} from {lines[0].split()[1]} (some minutes, once)")
        run(["debootstrap", "--variant=minbase", suite, root, lines[0].split()[1]])
        (root / "etc/apt/sources.list").write_text("\n".join(lines) + "\n")
        (root / "etc/apt/apt.conf.d/80clean-root").write_text("\n".join(apt_settings()) + "\n")
        # Without this file, the system would have the name of this machine.
        (root / "etc/hostname").write_text("clean\n")
        for command in ("update", "dist-upgrade", "clean"):
            apt(root, command)
    return made(f"{suite}-base", "\n".join([*sources(suite), *apt_settings()]), make)


def with_packages(suite, purpose, packages, to_download=()):
    """A copy of base(suite) with these packages installed, and others downloaded, for apt to find without a network."""
    parent = base(suite)

    def make(root):
        say(f"{suite}-{purpose}: installing {len(packages)} packages and what they need")
        run(["cp", "-a", "--reflink=auto", parent, root])
        apt(root, "update")
        install(root, packages)
        for wanted in to_download:
            apt(root, "install", "--download-only", *wanted)
    text = repr((packages, to_download, stamp_of(parent)))
    return made(f"{suite}-{purpose}", hashlib.sha256(text.encode()).hexdigest(), make)


def copy(root, to):
    """A copy that may be changed, such as a system to boot."""
    remove(to)
    to.parent.mkdir(parents=True, exist_ok=True)
    run(["cp", "-a", "--reflink=auto", root, to])
    return to


def programs_missing():
    """The programs that this module needs and that are not installed."""
    return [name for name in ("debootstrap", "systemd-nspawn") if not shutil.which(name)]
