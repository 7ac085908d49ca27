"""shorthop pair on the secondary, and shorthop-export-setup on the primary: what they make, and that undo leaves nothing."""

import os
import re
import subprocess

from importing import usual
from primary import ROOT, Bundle
from pulling import make_key
from secondary import RELAY, Secondary

SETUP = ROOT / "packaging/export/shorthop-export-setup"


def equal(found, expected):
    assert found == expected, f"found {found!r}, expected {expected!r}"


def names_below(path):
    return sorted(str(one.relative_to(path)) for one in path.rglob("*"))


def test_secondary(_primary, program):
    """pair makes a key, shows the host key and the command, pins the right host key only, and undo takes all of it back"""
    with Secondary(program) as here:
        tools = here.root / "tools"
        tools.mkdir()
        host_key = make_key(here.root / "host_key")
        (tools / "ssh-keyscan").write_text(f"#!/bin/sh\necho '# a comment'\necho 'mail.example.org {host_key.strip()}'\n")
        (tools / "ssh-keyscan").chmod(0o755)
        shown = subprocess.run(["ssh-keygen", "-l", "-f", here.root / "host_key"], capture_output=True, text=True,
                               check=True).stdout.split()[1]
        before = names_below(here.root)
        os.environ["PATH"] = f"{tools}:{os.environ['PATH']}"
        try:
            pair_and_undo(here, shown, host_key, before)
        finally:
            os.environ["PATH"] = os.environ["PATH"].partition(":")[2]


def pair_and_undo(here, shown, host_key, before):
    done = here.run("pair", "mail.example.org")
    said = done.stdout.decode()
    equal((done.returncode, done.stderr), (0, b""))
    keys = here.root / "pull/example.org"
    assert (keys / "id_ed25519.pub").read_text().strip() in said and shown in said, said
    equal(((keys / "id_ed25519").stat().st_mode & 0o777, keys.stat().st_mode & 0o777), (0o600, 0o700))
    again = here.run("pair", "mail.example.org").stdout.decode()
    assert "made" not in again and "changed" not in again and shown in again, again
    done = here.run("pair", "--host-key", "SHA256:other", "mail.example.org")
    equal((done.returncode, (keys / "known_hosts").exists()), (65, False))
    done = here.run("pair", "--host-key", shown, "mail.example.org")
    equal((done.returncode, (keys / "known_hosts").read_text()), (0, f"mail.example.org {host_key}"))
    relay = here.root / "relay.d/example.org.conf"
    assert relay.read_text().endswith("pull = ssh://shorthop-export@mail.example.org\n"), relay.read_text()
    done = here.run("pair", "--undo", "mail.example.org")
    equal((done.returncode, relay.read_text()), (0, RELAY))
    assert b"shorthop-export-setup --undo" in done.stdout, done.stdout
    equal([name for name in names_below(here.root) if name not in before], ["pull"])


def test_unknown(_primary, program):
    """pair names a relay by its primary"""
    with Secondary(program) as here:
        done = here.run("pair", "mail.example.net")
        equal((done.returncode, b"no relay has the primary" in done.stderr), (78, True))


def test_primary(primary, program):
    """shorthop-export-setup writes a bundle that only its user may read, a key that may only print it, and undoes it all"""
    usual(primary)
    primary.write("/opt/test/shorthop-export-setup", SETUP.read_bytes(), mode=0o755)
    place = primary.place
    place.run("mount", "-t", "tmpfs", "none", "/usr/local/sbin")  # its /usr is read-only
    listed = "find /etc /var /usr/local /home -xdev ! -path '/var/log/*' ! -name '*-' ! -name .pwd.lock | sort; cat /etc/passwd"
    without = place.run("/opt/test/shorthop-export-setup", "--key", "ssh-ed25519 AAAA x", check=False)
    equal((without.returncode, "there is neither systemd nor /etc/cron.d" in without.stdout), (69, True))
    place.run("mkdir", "/etc/cron.d")
    before = place.run("sh", "-c", listed).stdout
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBase64 shorthop"
    said = place.run("/opt/test/shorthop-export-setup", "--key", key).stdout
    assert "wrote    /var/lib/shorthop-export/bundle.tar\n" in said, said
    modes = place.run("sh", "-c", "cd /var/lib/shorthop-export && stat -c '%a %U %G %n' . bundle.tar .ssh "
                                  ".ssh/authorized_keys && cat .ssh/authorized_keys /etc/cron.d/shorthop-export").stdout
    equal(modes.splitlines(), [
        "2750 root shorthop-export .", "640 root shorthop-export bundle.tar", "750 root shorthop-export .ssh",
        "640 root shorthop-export .ssh/authorized_keys",
        f'restrict,command="exec cat /var/lib/shorthop-export/bundle.tar" {key}',
        "*/15 * * * * root /usr/local/sbin/shorthop-export  --output /var/lib/shorthop-export/bundle.tar"])
    printed = place.run("setpriv", "--reuid=shorthop-export", "--regid=shorthop-export", "--clear-groups", "cat",
                        "/var/lib/shorthop-export/bundle.tar", text=False).stdout
    equal(Bundle(printed).wrong_sums(), [])
    with Secondary(program) as here:
        here.take(printed)
    said = place.run("/opt/test/shorthop-export-setup", "--undo").stdout
    assert re.search("removed  user shorthop-export", said), said
    equal(sorted(set(place.run("sh", "-c", listed).stdout.splitlines()) ^ set(before.splitlines())), [])
    for words in ([], ["--key"], ["--key", "ssh-rsa x"], ["--key", f"{key}\nother"], ["--nonsense"],
                  ["--key", key, "--options", "$(id)"]):
        equal((words, place.run("/opt/test/shorthop-export-setup", *words, check=False).returncode), (words, 64))


TESTS = [test_secondary, test_unknown, test_primary]
