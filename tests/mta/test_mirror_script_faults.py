"""shorthop-mirror on a host whose disk is full or whose primary is hostile, or has hostile users."""
import os
import shlex
import shutil
import subprocess
import time

from test_mirror_script import SCRIPT, fill, resolved_from, world


def test_half_written_file_by_the_clock_of_the_primary(mta):
    """the primary's clock may be slow: its own time tells whether a file has just changed"""
    with world(mta) as folder:
        fill(mta, folder)
        mta.hosts.primary.write("/etc/postfix/virtual", "list@example.org user@example.com,")
        os.utime(mta.hosts.primary.place.path("/etc/postfix/virtual"), (time.time() - 1200,) * 2)
        rsh = folder.parent / "slow"
        rsh.write_text("#!/bin/sh\ncase $* in *'date +'*) exec date -d '20 minutes ago' +%s ;; esac\n"
                       f"exec {folder.parent}/rsh \"$@\"\n")
        rsh.chmod(0o755)
        result = fill(mta, folder, rsh=str(rsh))
        mta.check(result.returncode == 1 and
                  "files/etc/postfix/virtual changed less than 5 minutes ago" in result.stderr, f"{result}")


def test_no_directory(mta):
    """a directory that does not exist is named once, with the fix"""
    with world(mta) as folder:
        result = subprocess.run([SCRIPT, "root@mail.example.org", folder / "miror"], text=True, capture_output=True,
                                check=False)
        mta.check((result.returncode, result.stderr) ==
                  (1, f"shorthop-mirror: {folder}/miror: no such directory (mkdir -p it)\n"), f"{result}")


# Runs a command while the disk of the mirror is full. ssh(1) ignores that it cannot write.
RSH_ON_FULL_DISK = """\
#!/bin/sh
rm -f {folder}/filler
case $* in *rsync*) exec {rsh} "$@" ;; *{victim}*) ;; *) exec {rsh} "$@" ;; esac
cat /dev/zero >{folder}/filler 2>/dev/null
{rsh} "$@" | python3 -c 'import os, sys
data = sys.stdin.buffer.read()
try: os.write(1, data)
except OSError: pass'
"""
ON_SMALL_DISK = 'mount -t tmpfs -o size=4m none "$1"; "$2" root@mail.example.org "$1"; echo "exit status $?"; ls "$1"'


def test_full_disk(mta):
    """a command whose output does not fit on the disk fails the copy, although ssh(1) exits with 0"""
    with world(mta) as folder:
        mta.hosts.primary.configure({})
        fill(mta, folder)  # makes the script in place of ssh
        rsh = folder.parent / "full"
        for victim, status in (("nsswitch", 1), ("max_forward_files", 1), ("no such command", 0)):
            rsh.write_text(RSH_ON_FULL_DISK.format(rsh=folder.parent / "rsh", folder=folder, victim=shlex.quote(victim)))
            rsh.chmod(0o755)
            result = subprocess.run(["unshare", "-m", "sh", "-c", ON_SMALL_DISK, "sh", folder, SCRIPT], text=True,
                                    capture_output=True, check=False, timeout=60,
                                    env={**os.environ, "SHORTHOP_RSH": str(rsh)})
            mta.check(f"exit status {status}" in result.stdout and ("stamp" in result.stdout) == (status == 0),
                      f"{victim}: {result}")
            mta.check(status == 0 or "cannot be written" in result.stderr, f"{victim}: {result}")


def path_with(folder, name, script):
    """PATH with a directory in front, in which the program of that name is a shell script"""
    tools = folder.parent / "tools"
    tools.mkdir()
    (tools / name).write_text(f"#!/bin/sh\n{script}\n")
    (tools / name).chmod(0o755)
    return f"{tools}:{os.environ['PATH']}"


def test_files_that_cannot_be_written_to_the_disk(mta):
    """without sync(1), a power failure could leave a stamp beside empty files"""
    with world(mta) as folder:
        result = fill(mta, folder, path=path_with(folder, "sync", "exit 1"))
        mta.check(result.returncode == 1 and "cannot be written to the disk" in result.stderr, f"{result}")
        mta.check(not (folder / "stamp").exists(), "there should be no stamp")


def test_include_file_in_place_of_another(mta):
    """rsync -R would write /home/mallory/./srv/list to srv/list"""
    with world(mta) as folder:
        mta.hosts.primary.configure({})
        mta.hosts.primary.write("/srv/list", "\\ann\n")
        mta.hosts.primary.write("/home/bob/srv/list", "user@example.com\n", user="bob")
        mta.hosts.primary.write("/home/bob/.forward", ":include:/home/bob/./srv/list\n", user="bob")
        mta.hosts.primary.write("/etc/aliases", "lists: :include:/srv/list\nuser: user@example.com\n")
        mta.hosts.primary.place.run("newaliases")
        try:
            result = fill(mta, folder)
        finally:
            for name in ("/srv/list", "/home/bob/.forward", "/home/bob/srv/list"):
                mta.hosts.primary.place.path(name).unlink()
        mta.check(result.returncode == 0, f"{result}")
        text = resolved_from(mta, folder, "lists@example.org")
        mta.check("lists@example.org: keep " in text and (folder / "include/srv/list").read_text() == "\\ann\n", text)


def test_large_include_files(mta):
    """a user whose :include: files are many and large does not fill a disk"""
    with world(mta) as folder:
        mta.hosts.primary.configure({})
        home = mta.hosts.primary.place.path("/home/bob")
        (home / "large").mkdir()
        for number in range(100, 180):
            (home / f"large/{number}").touch()
            os.truncate(home / f"large/{number}", 1 << 20)
        mta.hosts.primary.write("/home/bob/.forward", "".join(f":include:/home/bob/large/{number}\n"
                                                              for number in range(100, 180)), user="bob")
        try:
            result = fill(mta, folder)
        finally:
            shutil.rmtree(home / "large")
            (home / ".forward").unlink()
        size = sum(path.stat().st_size for path in (folder / "include").rglob("*") if path.is_file())
        mta.check(result.returncode == 0 and 50 << 20 < size <= 64 << 20, f"{size} {result}")
        mta.check((folder / "include/etc/mail/list").exists(), "other files should be copied")


def test_sparse_files(mta):
    """rsync -c would read them to their end, for hours"""
    with world(mta) as folder:
        mta.hosts.primary.configure({})
        home = mta.hosts.primary.place.path("/home/bob")
        mta.hosts.primary.write("/home/bob/.forward", ":include:/home/bob/large\n", user="bob")
        mta.hosts.primary.write("/home/bob/.forward+large", "#", user="bob")
        mta.hosts.primary.write("/home/bob/large", "#", user="bob")
        for name in (".forward+large", "large"):
            os.truncate(home / name, 1 << 42)
        try:
            result = fill(mta, folder)
        finally:
            for name in (".forward", ".forward+large", "large"):
                (home / name).unlink()
        mta.check(result.returncode == 0, f"{result}")
        text = resolved_from(mta, folder, "bob@example.org", "bob+large@example.org")
        mta.check(text.count(": keep ") == 2 and not (folder / "include/home/bob/large").exists(), text)


def test_hostile_primary(mta):
    """it cannot fill the disk, or have a file of this host taken for one of its own"""
    with world(mta) as folder:
        mta.hosts.primary.configure({})
        table = mta.hosts.primary.place.path("/etc/postfix/virtual")
        fill(mta, folder)
        before = (folder / "stamp").stat().st_mtime_ns
        size = table.stat().st_size
        os.truncate(table, 1 << 42)
        try:
            result = fill(mta, folder)
        finally:
            os.truncate(table, size)
        mta.check(result.returncode == 1 and "there is no room" in result.stderr, f"{result}")
        (folder.parent / "secret").write_text("user@example.com\n")
        rsh = folder.parent / "hostile"
        for command, lines, why in (("*'date +'*", "while :; do head -c 1000000 /dev/zero || exit; done", "bytes or more"),
                                    ("*max_forward*", "printf 'zed\\t0:0\\t/../../../secret\\tfile\\t\\n'", "")):
            rsh.write_text(f"#!/bin/sh\ncase $* in\n{command}) {lines}; exit 0 ;;\nesac\nexec {folder.parent}/rsh \"$@\"\n")
            rsh.chmod(0o755)
            result = fill(mta, folder, rsh=str(rsh))
            mta.check((result.returncode != 0) == bool(why) and why in result.stderr, f"{result}")
            mta.check(not why or (folder / "stamp").stat().st_mtime_ns == before, "the stamp should stay")
        mta.check((folder / "forward/zed").stat().st_size == 0, (folder / "forward/zed").read_text())


def test_ssh_gives_up(mta):
    """without time limits, ssh(1) would wait for a primary that does not answer any more"""
    with world(mta) as folder:
        result = fill(mta, folder, rsh="", path=path_with(folder, "ssh", 'echo "$@" >&2; exit 255'))
        mta.check(result.returncode == 1 and "ConnectTimeout=20" in result.stderr and
                  "ServerAliveInterval=15" in result.stderr, f"{result}")
