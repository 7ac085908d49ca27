"""shorthop pair on the secondary, and shorthop-export-setup on the primary: what they make, and that undo leaves nothing."""

import os
import re
import subprocess

from checks import equal
from importing import bundle_of, usual
from primary import ROOT, Bundle
from pulling import Server, free_port
from secondary import RELAY, Secondary, later

OTHER_KEY = "SHA256:" + "A" * 43
# A private /var/lib with the directory that the package makes.
WITH_DATA_DIRECTORY = ["unshare", "-m", "sh", "-ec",
                       'mount -t tmpfs none /var/lib; install -d -m 0750 /var/lib/shorthop; exec "$@"', "sh"]
SETUP = ROOT / "packaging/export/shorthop-export-setup"


def everything(here):
    """The files, links and directories of the secondary, and the texts of its settings."""
    return {str(path.relative_to(here.root)): (os.readlink(path) if path.is_symlink() else
                                               path.read_text() if path.suffix == ".conf" else "")
            for path in here.root.rglob("*") if "primary/" not in str(path)}


def paired(here, *words, status=0):
    """What `shorthop pair` prints; it must exit with this status."""
    done = here.run("pair", *words)
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == status, f"{words}: exit status {done.returncode}: {said}"
    return said


def fingerprint(key):
    return subprocess.run(["ssh-keygen", "-l", "-f", key], capture_output=True, text=True, check=True).stdout.split()[1]


def in_steps(primary, here, server, *domains):
    """Both steps of pairing, each also with wrong input and repeated."""
    host, shown = f"127.0.0.1:{server.port}", fingerprint(server.place / "host_key")
    said = paired(here, host, *domains)
    own_key = (server.keys / "id_ed25519.pub").read_text().strip()
    assert own_key in said and f"--host-key {shown} 127.0.0.1" in said and f"ssh -p {server.port} root@127.0.0.1" in said, said
    equal(((server.keys / "id_ed25519").stat().st_mode & 0o777, server.keys.stat().st_mode & 0o777), (0o600, 0o700))
    before = everything(here)
    again = paired(here, host, *domains)
    assert "made" not in again and "changed" not in again and "wrote" not in again and shown in again, again
    said = paired(here, "--host-key", OTHER_KEY, host, *domains, status=65)
    assert f"its host key is {shown}" in said, said
    equal(everything(here), before)
    said = paired(here, "--host-key", shown, host, *domains, status=75)
    assert "no bundle was pulled (fix: make sure that the first command, the one for 127.0.0.1, ran" in said, said
    equal(server.known_hosts.read_text().split(), server.known_hosts_line.split()[:3])
    server.accept(own_key)
    server.bundle.write_bytes(primary.export().data)
    said = paired(here, "--host-key", shown, host, *domains)
    assert "in force    20" in said and "shorthop check:\n" in said and "let cron repeat the pull:" in said, said
    said = paired(here, "--host-key", shown, host, *domains)
    assert "no newer bundle" in said, said


def test_secondary(primary, program):
    """pair makes a key, pins the right host key only, pulls and checks; undo reverts all of it, and may be repeated"""
    usual(primary)
    with Secondary(program, RELAY.replace("mail.example.org", "127.0.0.1")) as here:
        server = Server(here, has_keys=False)
        relay = here.root / "relay.d/example.org.conf"
        relay.rename(here.root / "example.org.conf")
        relay.symlink_to("../example.org.conf")  # it stays a link
        before = everything(here)
        with server:
            equal(paired(here, "--undo", "127.0.0.1")[:15], "nothing to undo")
            in_steps(primary, here, server)
            equal(here.decision("sales@example.org"), "rewrite all-local ann@example.com")
            said = paired(here, "--undo", "127.0.0.1")
            assert f"ssh -p {server.port} root@127.0.0.1 '/usr/local/sbin/shorthop-export-setup --undo --key \"ssh-ed25" in said, said
            assert "left" in said, said  # pair has written only a part of the relay file
            equal(everything(here), before)
            equal(paired(here, "--undo", "127.0.0.1")[:15], "nothing to undo")


def test_kept(primary, program):
    """undo leaves a mirror that was there before pair, other lines of the relay file, and the keys of another relay"""
    usual(primary)
    with Secondary(program, RELAY.replace("mail.example.org", "127.0.0.1")) as here:
        server = Server(here, has_keys=False)
        here.take(bundle_of(primary, later(primary.export().manifest("time")[0], -20)))
        (here.root / "pull/example.net").mkdir(parents=True)
        before = everything(here)
        with server:
            in_steps(primary, here, server)
            assert here.mirror.is_symlink() and everything(here) != before
            said = paired(here, "--undo", "127.0.0.1")
            assert "the mirror was there before pair" in said, said
            after = everything(here)
            newest = os.readlink(here.mirror)
            assert newest != before["mirrors/example.org"], newest
            changed = {name for name in after.keys() | before.keys()
                       if after.get(name) != before.get(name) and not name.startswith("mirrors/example.org.generations/2")}
            equal(changed, {"mirrors/example.org"})


def test_new_relay(_primary, program):
    """pair writes a missing relay file with mode = observe; undo removes it and its counts if only mode and max-age
    changed"""
    with Secondary(program) as here:
        here.before = WITH_DATA_DIRECTORY
        server = Server(here, has_keys=False)
        file = here.root / "relay.d/example.net.conf"
        remembered = here.root / "state/example.net.entries"  # as a daemon writes it
        remembered.parent.mkdir()
        with (here.root / "shorthop.conf").open("a") as settings:
            settings.write("state = state\n")
        before = everything(here)
        with server:
            host = f"127.0.0.1:{server.port}"
            advice = paired(here, host, status=78)
            assert "shorthop --config " in advice and " pair 127.0.0.1 DOMAIN" in advice, advice
            assert "is relayed to mail.example.org, not to 127.0.0.1" in paired(here, host, "example.org", status=78)
            equal(everything(here), before)
            said = paired(here, host, "example.net", "example.edu")
            assert "127.0.0.1 example.net example.edu\n" in said, said
            text = file.read_text()
            for line in ("domains = example.net example.edu", "primary = 127.0.0.1", "mode    = observe",
                         "mirror  = /var/lib/shorthop/example.net", f"pull = ssh://shorthop-export@{host}"):
                assert f"{line}\n" in text, text
            said = paired(here, host, "example.info", status=78)
            assert "is not among its domains" in said and "to replace them, first run shorthop" in said, said
            file.write_text(text.replace("mode    = observe\n", "").replace("48h", "1h") + "mode = rewrite\n")
            remembered.write_text("100 text:/a\n")
            paired(here, "--undo", "127.0.0.1")
            equal(everything(here), before)
            paired(here, host, "example.net")
            file.write_text(file.read_text() + "split = yes\n")
            remembered.write_text("100 text:/a\n")
            said = paired(here, "--undo", "127.0.0.1")
            assert f"left      {file}" in said and "\npull = " not in file.read_text(), said
            file.unlink()
            remembered.unlink()  # it belongs to the relay, which stayed
            equal(everything(here), before)


def test_not_relayed(_primary, program):
    """pair warns of a domain that this host's Postfix does not relay, and of one that is local to it"""
    with Secondary(program, RELAY.replace("mail.example.org", "127.0.0.1")
                   .replace("domains = example.org", "domains = example.org example.net example.edu")) as here:
        settings = here.root / "shorthop.conf"
        settings.write_text(settings.read_text().replace("postfix-config   = none", f"postfix-config = {here.root}"))
        (here.root / "programs").mkdir()
        postconf = here.root / "programs/postconf"
        postconf.write_text('#!/bin/sh\ncase "$*" in\n*-M*) echo "smtp inet n - y - - smtpd" ;;\n*-P*) ;;\n*mail_version*) '
                            'echo 3.7.11 ;;\n*) printf "mydestination = example.edu\\nrelay_domains = example.org\\n" ;;\nesac\n')
        postconf.chmod(0o755)
        here.before = ["env", f"PATH={postconf.parent}:{os.environ['PATH']}"]
        server = Server(here, has_keys=False)
        with server:
            said = paired(here, f"127.0.0.1:{server.port}")
        warnings = [line.partition("(fix: ")[0] for line in said.splitlines() if line.startswith("warning")]
        equal(warnings, ["warning   example.net is not in relay_domains ",
                         "warning   example.edu is local to this host, and not in relay_domains "])


def test_missing_parent(_primary, program):
    """without the directory that holds the mirror, pair and pull say how to make it, and leave nothing behind"""
    relay = RELAY.replace("mail.example.org", "127.0.0.1").replace("../mirrors/", "../nowhere/mirrors/")
    with Secondary(program, relay) as here:
        server = Server(here, has_keys=False)
        with server:
            for pull in ("", f"pull = ssh://export@127.0.0.1:{server.port}\n"):
                here.settings(relay + pull)
                before = everything(here)
                said = paired(here, f"127.0.0.1:{server.port}", status=66)
                assert ("nowhere/mirrors: error: the directory is missing "
                        "(fix: run systemd-tmpfiles --create, or install -d") in said, said
                equal(everything(here), before)
            pulled = here.run("pull", "example.org")
            equal((pulled.returncode, b"nowhere/mirrors: error: the directory is missing" in pulled.stderr), (66, True))
            equal(everything(here), before)


def test_unknown(_primary, program):
    """pair finds a relay by its primary; if two have the same primary, by a domain; if a host does not answer, nothing changes"""
    with Secondary(program) as here:
        before = everything(here)
        said = paired(here, "mail.exampel.org", status=78)
        assert 'no relay has the primary mail.exampel.org, did you mean "mail.example.org"?' in said, said
        said = paired(here, "--undo", "mail.exampel.org", status=78)
        assert 'no relay has the primary mail.exampel.org, did you mean "mail.example.org"?' in said, said
        assert "nothing to undo: no relay has the primary 192.0.2.1\n" in paired(here, "--undo", "192.0.2.1")
        for wrong in ("root@mail.example.org", "mail.example.org:0", "mail.example.org:x", "-x@y", "::1%lo:", "a b", ""):
            assert "is not the name of a host" in paired(here, "--", wrong, status=64), wrong
        assert "is not a valid domain" in paired(here, "mail.example.net", "../x", status=64)
        for wrong in ("abc", "SHA256:abc", OTHER_KEY + "=", OTHER_KEY[:-1] + "!", "MD5" + OTHER_KEY[3:]):
            said = paired(here, "--host-key", wrong, "host.invalid", "example.net", status=64)
            assert "is not the fingerprint of a host key" in said, said
        (here.root / "relay.d/example.net.conf").write_text(
            RELAY.replace("example.org", "example.net").replace("mail.example.net", "127.0.0.1"))
        place = f"127.0.0.1:{free_port()}"
        said = paired(here, place, "example.net", status=75)
        assert f"{place}: error: it shows no host key" in said and "if its port is not 22, write HOST:PORT" in said, said
        said = paired(here, "host.invalid", "example.net", status=78)
        assert "is relayed to 127.0.0.1" in said, said
        (here.root / "relay.d/example.net.conf").unlink()
        equal(everything(here), before)
        (here.root / "relay.d/example.net.conf").write_text(RELAY.replace("domains = example.org", "domains = example.net"))
        said = paired(here, "mail.example.org", status=78)
        assert "2 relays have the primary mail.example.org" in said and "example.net, example.org" in said, said


def test_primary(primary, program):
    """shorthop-export-setup writes a bundle that only its user may read, a key that may only print it, and undoes it all"""
    usual(primary)
    primary.write("/opt/test/shorthop-export-setup", SETUP.read_bytes(), mode=0o755)
    place = primary.place
    place.run("mount", "-t", "tmpfs", "none", "/usr/local/sbin")  # the host's /usr is read-only
    listed = "find /etc /var /usr/local /home -xdev ! -path '/var/log/*' ! -name '*-' ! -name .pwd.lock | sort; cat /etc/passwd /etc/group"
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


def test_other_user(primary, _program):
    """shorthop-export-setup: another user of the same name is neither given a key nor removed"""
    usual(primary)
    primary.write("/opt/test/shorthop-export-setup", SETUP.read_bytes(), mode=0o755)
    place, setup = primary.place, "/opt/test/shorthop-export-setup"
    place.run("mount", "-t", "tmpfs", "none", "/usr/local/sbin")
    place.run("sh", "-c", "mkdir -p /etc/cron.d; echo shorthop-export:x:1000:1000::/home/ann:/bin/sh >>/etc/passwd")
    listed = "find /etc /var /usr/local /home -xdev ! -path '/var/log/*' | sort; cat /etc/passwd"
    before = place.run("sh", "-c", listed).stdout
    done = place.run(setup, "--key", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBase64 shorthop", check=False)
    equal((done.returncode, "another user shorthop-export, whose home is not /var/lib" in done.stdout), (73, True))
    place.run(setup, "--undo")
    equal(place.run("sh", "-c", listed).stdout, before)


def test_several_keys(primary, program):
    """shorthop-export-setup: each secondary has its key, no key is listed twice; undo with a key leaves the others"""
    usual(primary)
    primary.write("/opt/test/shorthop-export-setup", SETUP.read_bytes(), mode=0o755)
    place, setup, keys = primary.place, "/opt/test/shorthop-export-setup", "/var/lib/shorthop-export/.ssh/authorized_keys"
    place.run("mount", "-t", "tmpfs", "none", "/usr/local/sbin")
    place.run("mkdir", "-p", "/etc/cron.d")
    one, other = (f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{name} shorthop" for name in ("one", "other"))

    def accepted():
        return [line.split(" ", 3)[-1] for line in place.run("cat", keys).stdout.splitlines()]
    place.run(setup, "--key", one, "--options", "--table-files")
    place.run(setup, "--key", other)
    place.run(setup, "--key", one)
    equal(accepted(), [other, one])
    assert "shorthop-export --table-files --output" in place.run("cat", "/etc/cron.d/shorthop-export").stdout
    said = place.run(setup, "--undo", "--key", one).stdout
    assert "removed  the key" in said and "nothing of shorthop-export is left" not in said, said
    equal(accepted(), [other])
    said = place.run(setup, "--undo", "--key", other).stdout
    assert "removed  user shorthop-export" in said and said.endswith("nothing of shorthop-export is left\n"), said
    equal(place.run(setup, "--undo").stdout, "nothing of shorthop-export is left\n")


TESTS = [test_secondary, test_kept, test_new_relay, test_not_relayed, test_missing_parent, test_unknown,
         test_primary, test_other_user, test_several_keys]
