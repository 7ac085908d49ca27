"""shorthop pull from a real sshd(8) on the loopback address, whose account may only print one file."""

import contextlib
import json
import os
import socket
import subprocess
import time

from checks import equal
from importing import bundle_of, usual
from primary import fetch
from secondary import RELAY, Secondary, daemon, later

# sshd(8) needs an unprivileged user of its own and a directory in /run. They exist only in its mount namespace.
START = """
mount -t tmpfs none /run && mkdir /run/sshd
{ cat /etc/passwd; echo sshd:x:65533:65534::/run/sshd:/bin/false; echo shorthop-export:x:0:0::/:/bin/sh; } >"$1/passwd"
mount --bind "$1/passwd" /etc/passwd
exec "$2" -D -e -f "$1/sshd_config"
"""
CONFIG = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {place}/host_key
AuthorizedKeysFile {place}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin forced-commands-only
"""


def make_key(path):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    return path.with_name(path.name + ".pub").read_text()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as one:
        return one.recv(4) == b"SSH-"
    return False


class Server:
    """The primary's sshd, and this host's keys for it, unless `shorthop pair` is to make them."""

    def __init__(self, here, has_keys=True):
        self.place = here.root / "primary"
        self.place.mkdir()
        self.bundle = self.place / "bundle.tar"
        self.port = free_port()
        host_key = make_key(self.place / "host_key")
        self.keys = here.root / "pull/example.org"
        self.known_hosts = self.keys / "known_hosts"
        self.known_hosts_line = f"[127.0.0.1]:{self.port} {host_key}"
        if has_keys:
            self.keys.mkdir(parents=True)
            self.accept(make_key(self.keys / "id_ed25519"))
            self.known_hosts.write_text(self.known_hosts_line)
        (self.place / "sshd_config").write_text(CONFIG.format(port=self.port, place=self.place))
        self.tree = fetch.fetch("sshd")
        self.process = None

    def accept(self, key):
        """Permits the key to print the bundle, as shorthop-export-setup does."""
        (self.place / "authorized_keys").write_text(f'restrict,command="exec cat {self.bundle}" {key}')

    def __enter__(self):
        libraries = ":".join(str(path) for path in self.tree.glob("usr/lib/*-linux-gnu*"))
        self.process = subprocess.Popen(
            ["unshare", "-m", "sh", "-ec", START, "sh", self.place, self.tree / "usr/sbin/sshd"],
            env={**os.environ, "LD_LIBRARY_PATH": libraries}, stderr=(self.place / "log").open("w"))
        for _ in range(200):
            if answers(self.port):
                return self
            time.sleep(0.05)
        raise AssertionError("sshd does not answer: " + (self.place / "log").read_text())

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def secondary_with_server(program):
    here = Secondary(program)
    server = Server(here)
    here.settings(RELAY + f"pull = ssh://root@127.0.0.1:{server.port}\n")
    return here, server


def failed(here, why):
    """Runs a pull that must fail; checks its message, the mirror, and what `shorthop check` reports."""
    before = os.readlink(here.mirror) if here.mirror.is_symlink() else None
    done = here.run("pull", "example.org", "--no-dns")
    said = done.stderr.decode()
    assert done.returncode in (65, 75) and why in said, f"exit status {done.returncode}: {said}"
    equal(os.readlink(here.mirror) if here.mirror.is_symlink() else None, before)
    checked = here.run("check", "--no-dns").stdout.decode()
    assert "pull-failed" in checked and "the last pull of example.org failed" in checked, checked


def test_pull(primary, program):
    """a bundle is fetched by ssh and imported; it is not an error if it is here already; check shows the success"""
    usual(primary)
    start = primary.export().manifest("time")[0]
    here, server = secondary_with_server(program)
    with here, server:
        checked = here.run("check", "--no-dns").stdout.decode()
        assert "never-pulled" in checked, checked
        server.bundle.write_bytes(bundle_of(primary, later(start, -20)))
        done = here.run("pull", "example.org", "--no-dns")
        equal((done.returncode, done.stderr), (0, b""))
        assert b"in force    2" in done.stdout, done.stdout
        equal(here.decision("sales@example.org"), "rewrite all-local ann@example.com")
        done = here.run("pull", "example.org", "--no-dns")
        equal((done.returncode, done.stdout), (0, b"example.org: the primary has no newer bundle\n"))
        primary.table("hash:/etc/postfix/virtual", "sales@example.org bob@example.com\n")
        server.bundle.write_bytes(bundle_of(primary, start))
        equal(here.run("pull", "example.org", "--no-dns").returncode, 0)
        equal(here.decision("sales@example.org"), "rewrite all-local bob@example.com")
        checked = here.run("check", "--no-dns").stdout.decode()
        assert "pull" not in checked, checked


def test_failures(primary, program):
    """check reports each failure: a missing or damaged bundle, another host key, a missing key of this host, no server"""
    usual(primary)
    here, server = secondary_with_server(program)
    with here:
        with server:
            failed(here, "ended with status")  # cat finds no file
            server.bundle.write_bytes(primary.export().data[:-20000])
            failed(here, "it is truncated")
            server.bundle.write_bytes(primary.export().data)
            pinned = server.known_hosts.read_text()
            server.known_hosts.write_text(pinned.replace("AAAA", "AAAB", 1))
            failed(here, "ended with status 255")
            server.known_hosts.write_text("")
            failed(here, "ended with status 255")
            server.known_hosts.write_text(pinned)
            key = here.root / "pull/example.org/id_ed25519"
            key.rename(key.with_name("other"))
            failed(here, "ended with status 255")
            key.with_name("other").rename(key)
            equal(here.run("pull", "example.org", "--no-dns").returncode, 0)
        failed(here, "ended with status 255")


def test_status(primary, program):
    """shorthop status says that the last pull failed and why, as text and in JSON, until a pull succeeds"""
    def failure():
        return json.loads(here.run("status", "--json").stdout)["relays"][0]["pull-failed"]
    usual(primary)
    here, server = secondary_with_server(program)
    with here, daemon(here):
        server.bundle.write_bytes(primary.export().data)
        equal(failure(), "")
        failed(here, "ended with status 255")
        assert "ended with status 255" in failure(), failure()
        text = here.run("status").stdout.decode()
        assert f' pull-failed="{failure()}"' in text, text
        with server:
            equal(here.run("pull", "example.org", "--no-dns").returncode, 0)
        equal(failure(), "")
        assert b"pull-failed" not in here.run("status").stdout


def test_settings(_primary, program):
    """pull needs a valid ssh:// URL, and a mirror"""
    with Secondary(program) as here:
        done = here.run("pull", "example.org")
        equal((done.returncode, b"pull is not set" in done.stderr), (78, True))
        for wrong in ("mail.example.org", "ssh://mail.example.org", "ssh://-oProxyCommand=x@h", "ssh://u@-h", "ssh://u@h:0",
                      "ssh://u@h:70000", "ssh://u;x@h", "ssh://u@[::1"):
            here.settings(RELAY + f"pull = {wrong}\n")
            done = here.run("pull", "example.org")
            equal((wrong, done.returncode, b"is not a valid ssh:// URL" in done.stderr), (wrong, 78, True))
        here.settings("domains = example.org\nprimary = mail.example.org\npull = ssh://u@[::1]:22\n")
        done = here.run("pull", "example.org")
        equal((done.returncode, b"pull is set, and mirror is not" in done.stderr), (78, True))


def test_endless(_primary, program):
    """a primary that sends without end fills at most half of the free space: mail needs room there too"""
    here, _server = secondary_with_server(program)
    with here:
        fake = here.root / "fake"
        fake.mkdir()
        (fake / "ssh").write_text("#!/bin/sh\nexec cat /dev/zero\n")
        (fake / "ssh").chmod(0o755)
        small = 'mount -t tmpfs -o size=8m none "$0" && PATH=$1:$PATH && shift && exec "$@"'
        here.before = ["unshare", "--mount", "sh", "-c", small, here.mirror.parent, fake]
        done = here.run("pull", "example.org", "--no-dns")
        equal((done.returncode, b"more than 4194304 bytes" in done.stderr), (75, True))


TESTS = [test_endless, test_pull, test_failures, test_status, test_settings]
