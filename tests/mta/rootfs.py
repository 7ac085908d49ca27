"""The file system of a private host: the machine's /usr with the mail systems on top; everything else is its own.

/etc, /home, /var and /dev are created in memory, so the machine's mail system is neither read nor changed.
Source: overlayfs (kernel documentation), pivot_root(8), hier(7).
"""
import os
import pathlib
import shutil
import subprocess
import sysconfig
import time

# Copied from the machine: files that the C library and Postfix's shell scripts need.
SHARED_ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "services", "protocols", "localtime")
FOLDERS = ("etc", "home", "opt/shorthop", "opt/test", "root", "run/shorthop", "tmp", "var/lib/postfix",
           "var/lib/shorthop", "var/log", "var/mail", "var/spool/postfix", "var/test/pipe", "var/test/file")
DEVICES = ("null", "zero", "full", "random", "urandom")
# uid and gid; the numbers have no meaning outside.
SYSTEM_USERS = {"root": 0, "daemon": 1, "mail": 8, "postfix": 101, "shorthop": 102, "nobody": 65534}
SYSTEM_GROUPS = {"root": 0, "daemon": 1, "mail": 8, "postfix": 101, "shorthop": 102, "postdrop": 103,
                 "nogroup": 65534}
FIRST_USER = 1000
SETTLED = 10  # seconds: the age of a file that write() writes

# A pipe target: stores each message in a separate file below /var/test/pipe, named after its argument.
CATCH = """#!/bin/sh
file=$(mktemp "/var/test/pipe/$1.XXXXXXXX") && cat >"$file"
"""


def libraries_of(programs):
    """The files of this machine's libraries that the programs need."""
    for program in programs:
        output = subprocess.run(["ldd", program], text=True, capture_output=True, check=False).stdout
        yield from (pathlib.Path(words[2]) for words in map(str.split, output.splitlines()) if words[1:2] == ["=>"])


def add_missing_libraries(upper, root, binaries):
    """Adds the libraries that programs built on this machine need and a host of another release lacks."""
    folder = f"lib/{sysconfig.get_config_var('MULTIARCH')}"
    (upper / folder).mkdir(parents=True)
    parts = [path for path in pathlib.Path(binaries).parent.rglob("*")
             if path.parent == pathlib.Path(binaries) or path.suffix == ".so"]
    for library in libraries_of(parts):
        if not (root / "usr" / folder / library.name).exists():
            shutil.copy(library, upper / folder)


def lay_release(world, root, binaries):
    """Lays on top of the /usr of another release: the programs that need a group of their own, and missing libraries."""
    upper = world.path(world.directory) / "mail"
    (upper / "sbin").mkdir(parents=True)
    for program in ("postdrop", "postqueue"):
        shutil.copy(root / "usr/sbin" / program, upper / "sbin")
    add_missing_libraries(upper, root, binaries)


def lay_usr(world, trees, root=pathlib.Path("/")):
    """Makes /usr of all hosts in the world: /usr of `root` (by default this machine's), and the mail systems on top."""
    base = world.directory
    upper = world.path(base) / "mail"
    for tree in trees:
        shutil.copytree(pathlib.Path(tree) / "usr", upper, symlinks=True, dirs_exist_ok=True)
    for path in (upper, *upper.rglob("*")):
        shutil.chown(path, 0, 0) if not path.is_symlink() else None
    for program in ("postdrop", "postqueue"):  # as in Debian's postinst, so that sendmail(1) works for users
        shutil.chown(upper / "sbin" / program, 0, SYSTEM_GROUPS["postdrop"])
        (upper / "sbin" / program).chmod(0o2755)
    for name in ("usr", "machine"):
        (world.path(base) / name).mkdir()
    world.run("mount", "--bind", root / "usr", base / "machine")
    mounted = world.run("mount", "-t", "overlay", "overlay", "-o", f"ro,lowerdir={base}/mail:{base}/machine",
                        base / "usr", check=False)
    if mounted.returncode != 0:  # some containers do not permit it
        add_links(upper, root / "usr", "/machine")
        world.run("mount", "--bind", base / "mail", base / "usr")


def add_links(tree, machine, seen_as):
    """Adds a link for each file of the machine that the tree lacks; `seen_as`: the machine's folder on the hosts."""
    for entry in os.scandir(machine):
        own = tree / entry.name
        if not os.path.lexists(own):
            own.symlink_to(f"{seen_as}/{entry.name}")
        elif own.is_dir() and not own.is_symlink() and entry.is_dir():
            add_links(own, machine / entry.name, f"{seen_as}/{entry.name}")


def make_root(world, name, trees, binaries=None, system=pathlib.Path("/")):
    """A new place named `name` with its own file system. binaries are visible as /opt/shorthop/bin, and their modules
    where the binaries look for them. system: where lay_usr() took /usr from."""
    root = world.directory / "roots" / name
    world.path(root).mkdir(parents=True)
    lines = [
        f"hostname {name}",
        f"mount -t tmpfs -o mode=755 tmpfs {root}",
        f"cd {root}",
        "mkdir -p proc usr machine dev old " + " ".join(FOLDERS),
        "chmod 1777 tmp var/test/pipe var/test/file",
        f"mount --bind {world.directory}/usr usr",
        f"mount --bind {world.directory}/machine machine",
        "mount --rbind /proc proc",
        "for link in bin sbin lib lib32 lib64 libx32; do if [ -L /$link ]; then cp -P /$link .; fi; done",
        *(f"touch dev/{device}; mount --bind /dev/{device} dev/{device}" for device in DEVICES),
        "ln -s /proc/self/fd dev/fd",
    ]
    if binaries:
        seen = [path for path in (pathlib.Path(binaries), pathlib.Path(binaries).parent / "lib") if path.is_dir()]
        for path, folder in zip(seen, ("bin", "lib")):
            lines += [f"mkdir opt/shorthop/{folder}", f"mount --bind '{path}' opt/shorthop/{folder}"]
        for modules in pathlib.Path(binaries).parent.glob("lib*/**/shorthop"):  # as in an installed tree
            seen = f"opt/shorthop/{modules.relative_to(pathlib.Path(binaries).parent)}"
            lines += [f"mkdir -p {seen}", f"mount --bind '{modules}' {seen}"]
    lines += [
        "pivot_root . old",
        "cd /",
        "umount -l old",
        "rmdir old",
        # By default the socket of postlogd(8) holds few messages. If it is full, master(8) waits until it can log, and
        # so does not start postlogd(8).
        "echo 4096 >/proc/sys/net/unix/max_dgram_qlen || :",
        "ip link set lo up",
    ]
    place = world.hold("\n".join(lines))
    fill_etc(place, name, system)
    for tree in trees:
        for entry in ("postfix", "mail"):
            if (pathlib.Path(tree) / "etc" / entry).is_dir():
                shutil.copytree(pathlib.Path(tree) / "etc" / entry, place.path("/etc") / entry, dirs_exist_ok=True)
    (place.path("/opt/test/catch")).write_text(CATCH)
    (place.path("/opt/test/catch")).chmod(0o755)
    return place


def fill_etc(place, name, system):
    for entry in SHARED_ETC:
        source = system / "etc" / entry
        if source.is_dir():
            shutil.copytree(source, place.path("/etc") / entry, symlinks=True)
        elif source.exists():
            shutil.copy(source, place.path("/etc") / entry)
    write(place, "/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\nservices: files\n")
    write(place, "/etc/hosts", "127.0.0.1 localhost\n")
    write(place, "/etc/hostname", name + "\n")
    write(place, "/etc/group", "".join(f"{group}:x:{number}:\n" for group, number in SYSTEM_GROUPS.items()))
    write_users(place, [])


def write(place, name, text, owner=None, mode=0o644):
    """Writes a file of the host atomically."""
    path = place.path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    new.write_bytes(text if isinstance(text, bytes) else text.encode())
    new.chmod(mode)
    if owner is not None:
        shutil.chown(new, owner, owner)
    # While a file is younger than a second or two, Postfix reads it repeatedly, with pauses.
    os.utime(new, times=(time.time() - SETTLED,) * 2)
    new.replace(path)


def truncate(place, name):
    """Empties a log that processes still append to."""
    path = place.path(name)
    if path.exists():
        os.truncate(path, 0)


def write_users(place, users):
    """Writes /etc/passwd with the system's users and these, each with an empty home. Returns name -> uid."""
    numbers = {user: FIRST_USER + at for at, user in enumerate(users)}
    lines = [f"{user}:x:{number}:{number}::/nonexistent:/bin/false\n" for user, number in SYSTEM_USERS.items()]
    lines += [f"{user}:x:{number}:{number}::/home/{user}:/bin/sh\n" for user, number in numbers.items()]
    shutil.rmtree(place.path("/home"), ignore_errors=True)
    place.path("/home").mkdir()
    for user, number in numbers.items():
        home = place.path("/home") / user
        home.mkdir(parents=True)
        home.chmod(0o755)
        shutil.chown(home, number, number)
    write(place, "/etc/passwd", "".join(lines))
    return numbers
