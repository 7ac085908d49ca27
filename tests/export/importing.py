"""Bundles of a primary imported by a secondary: taken, compared, refused, rolled back."""

import os
import signal
import stat
import subprocess
import time

from checks import equal
from secondary import MAIN, RELAY, Edited, Secondary, daemon, later

ALIASES = "ann: ann@example.com\nteam: ann@example.com, bob@example.com\nlist: :include:/srv/list\n"


def usual(primary):
    """A primary with aliases, virtual aliases, patterns, an :include: and a private .forward."""
    primary.settings("virtual_alias_maps = hash:/etc/postfix/virtual, regexp:/etc/postfix/patterns\n"
                     "transport_maps = texthash:/etc/postfix/transport\n")
    primary.table("hash:/etc/aliases", ALIASES, "postalias")
    primary.table("hash:/etc/postfix/virtual", "sales@example.org ann\nUpper@Example.org  bob@example.com,\n"
                  "  carol@example.com\ninfo@example.org team\n")
    primary.write("/etc/postfix/patterns", "/^help-(.*)@example\\.org$/ $1@example.com\n")
    primary.write("/etc/postfix/transport", "example.net smtp:[mx.example.net]\n")
    primary.write("/srv/list", "carol@example.com\n")
    primary.write_home("bob", ".forward", "bob@example.com\n", 0o600)


def bundle_of(primary, time_=None):
    """A bundle, as if it was made at another time."""
    bundle = primary.export()
    return Edited(bundle).head("time", time_).seal_manifest().data() if time_ else bundle.data


def time_of(primary):
    return primary.export().manifest("time")[0]


def test_first_import(primary, program):
    """the first bundle is taken: decisions, answers, owners and the time of the data are as on the primary"""
    usual(primary)
    primary.place.run("touch", "-d", "2026-01-02 03:04:05", "/etc/aliases")
    bundle = primary.export()
    with Secondary(program) as here:
        report = here.take(bundle.data)
        equal((report["host"], report["before"], report["answers_different"]), ("mail.example.org", "", 0))
        assert report["answers_equal"] >= 12, report
        equal(report["left_out"], [])
        equal(os.readlink(here.mirror), "example.org.generations/" + report["in_force"])
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime((here.mirror / "stamp").stat().st_mtime))
        equal(stamp, bundle.manifest("time")[0])
        text = bundle.files["files/etc/aliases"]
        equal(int((here.mirror / text.name).stat().st_mtime), text.mtime)
        equal({address: here.decision(address + "@example.org") for address in (
            "sales", "team", "list", "bob", "help-carol", "upper", "nobody-here", "mallory")}, {
                "sales": "rewrite all-local ann@example.com",
                "team": "rewrite all-local ann@example.com bob@example.com",
                "list": "rewrite all-local carol@example.com",
                "bob": "rewrite all-local bob@example.com",
                "help-carol": "rewrite all-local carol@example.com",
                "upper": "rewrite all-local bob@example.com carol@example.com",
                "nobody-here": "keep unknown-recipient",
                "mallory": "keep primary-mailbox"})


def test_changes(primary, program):
    """the changes of the next bundle are shown: entries, and recipients with another decision"""
    usual(primary)
    with Secondary(program) as here:
        first = primary.export()
        report = here.take(first.data)
        equal((report["rewritten"], report["keep_to_rewrite"], report["rewrite_to_keep"]), (7, 7, 0))
        primary.table("hash:/etc/postfix/virtual", "new@example.org ann\ninfo@example.org gone@example.net\n"
                      "upper@example.org bob@example.com,\n  carol@example.com\n")
        next_time = later(first.manifest("time")[0], 2)
        report = here.take(bundle_of(primary, next_time))
        equal(report["tables"], [{"table": "hash:/etc/postfix/virtual", "added": 1, "removed": 1, "changed": 1}])
        equal({one["recipient"]: (one["before"], one["now"]) for one in report["changes"]}, {
            "new@example.org": ("keep unknown-recipient", "rewrite all-local ann@example.com"),
            "sales@example.org": ("rewrite all-local ann@example.com", "keep unknown-recipient"),
            "info@example.org": ("rewrite all-local ann@example.com bob@example.com", "keep foreign-target")})
        equal((report["keep_to_rewrite"], report["rewrite_to_keep"], report["otherwise"]), (1, 2, 0))
        equal(here.decision("new@example.org"), "rewrite all-local ann@example.com")
        text = here.imports(bundle_of(primary, later(next_time))).stdout.decode()
        assert "tables      as before\n" in text and "in force    2" in text, text


def test_generations(primary, program):
    """keep-generations limits the generations, --rollback goes back, and a bundle that was rolled back is refused"""
    usual(primary)
    start = time_of(primary)
    with Secondary(program, RELAY + "keep-generations = 2\n") as here:
        times = [later(start, seconds) for seconds in (-30, -20, -10)]
        names = [here.take(bundle_of(primary, one))["in_force"] for one in times]
        kept = sorted(path.name for path in here.mirror.with_name("example.org.generations").iterdir())
        equal(kept, names[1:])
        equal(here.run("import", "--rollback", "example.org").returncode, 0)
        equal(os.readlink(here.mirror), "example.org.generations/" + names[1])
        here.must_refuse(bundle_of(primary, times[2]), "is not newer than the mirror")
        equal(here.run("import", "--rollback", "example.org").returncode, 66)
        here.take(bundle_of(primary, start))
        kept = sorted(path.name for path in here.mirror.with_name("example.org.generations").iterdir())
        equal(kept[0], names[1])  # the generation that was rolled back is removed before this one
        before = here.state()
        done = here.run("import", "--rollback", "--dry-run", "example.org")
        equal((done.returncode, f"goes back to {names[1]}\n" in done.stdout.decode(), here.state()), (0, True, before))
        here.mirror.with_name("example.org.generations").joinpath("0-not-a-generation").write_text("")
        equal(here.run("import", "--rollback", "example.org").returncode, 0)
        equal(os.readlink(here.mirror), "example.org.generations/" + names[1])
        here.mirror.with_name("example.org.generations").joinpath("0-not-a-generation").unlink()
        equal(len(list(here.mirror.with_name("example.org.generations").iterdir())), 2)


def test_rollback_to_fewer_entries(primary, program):
    """after --rollback, a running daemon uses a generation with far fewer entries: max-shrink does not hold it back"""
    usual(primary)
    start = time_of(primary)
    with Secondary(program) as here:
        (here.root / "shorthop.conf").write_text(MAIN + "state = .\n")
        here.take(bundle_of(primary, later(start, -20)))
        primary.table("hash:/etc/postfix/virtual", "".join(f"user{number}@example.org ann\n" for number in range(100)))
        here.take(bundle_of(primary, start))
        with daemon(here):
            done = here.run("import", "--rollback", "example.org")
            equal((done.returncode, done.stderr), (0, b""))
            status = here.run("status").stdout.decode()
            assert "held-back" not in status and "pending" not in status, status
            equal(here.decision("sales@example.org"), "rewrite all-local ann@example.com")
        done = here.run("import", "example.org", "-", "--no-dns", "--accept-shrink", data=bundle_of(primary, later(start, 5)))
        equal((done.returncode, b"reload --accept-shrink example.org" in done.stderr), (0, True))


def test_directory(primary, program):
    """a mirror that was filled in another way becomes a generation, and there is a mirror at every moment"""
    usual(primary)
    bundle = primary.export()
    with Secondary(program) as here:
        bundle.unpack(here.mirror)
        os.utime(here.mirror / "stamp", (1, 1))
        report = here.take(bundle.data)
        assert here.mirror.is_symlink()
        names = sorted(path.name for path in here.mirror.with_name("example.org.generations").iterdir())
        equal(names, ["19700101T000001Z-directory", report["in_force"]])
        equal(here.run("import", "--rollback", "example.org").returncode, 0)
        equal(here.decision("sales@example.org"), "rewrite all-local ann@example.com")


def test_left_behind(primary, program):
    """a file, directory or link beside the mirror, or from a killed import, does not prevent the next import"""
    usual(primary)
    bundle = primary.export()
    with Secondary(program) as here:
        generations = here.mirror.with_name("example.org.generations")
        bundle.unpack(here.mirror)
        os.utime(here.mirror / "stamp", (1, 1))
        here.mirror.with_name("example.org.new").mkdir()
        (generations / ".new-link").mkdir(parents=True)
        (generations / ".last-pull.aBc123").write_text("")
        (generations / "19700101T000001Z-directory").symlink_to("nowhere")
        report = here.take(bundle.data)
        equal(sorted(path.name for path in generations.iterdir()), ["19700101T000001Z-directory", report["in_force"]])
        (generations / ".new-link").symlink_to("nowhere")
        equal(here.run("import", "--rollback", "example.org").returncode, 0)
        equal(here.decision("sales@example.org"), "rewrite all-local ann@example.com")


def test_killed(primary, program):
    """an import that is killed at any step leaves the old or the new mirror in force, and can be repeated"""
    usual(primary)
    start = time_of(primary)
    old = bundle_of(primary, later(start, -60))
    primary.table("hash:/etc/aliases", ALIASES.replace("ann@example.com\n", "bob@example.com\n"), "postalias")
    new = bundle_of(primary, later(start, -30))
    before, after = (f"rewrite all-local {user}@example.com" for user in ("ann", "bob"))
    for has_mirror in (True, False):
        steps = 0
        is_killed = True
        while is_killed:
            with Secondary(program) as here:
                if has_mirror:
                    here.take(old)
                steps += 1
                here.before = ["env", f"LD_PRELOAD={program.with_name('kill-before-call.so')}",
                               f"SHORTHOP_TEST_KILL_BEFORE_CALL={steps}"]
                is_killed = here.imports(new).returncode == -signal.SIGKILL
                here.before = []
                decision = here.decision("ann@example.org") if here.mirror.exists() else None
                if decision != after:
                    equal(decision, before if has_mirror else None)
                # 65: it is in force already.
                equal((steps, here.imports(new).returncode), (steps, 65 if decision == after else 0))
                equal(here.decision("ann@example.org"), after)
                equal([path.name for path in here.mirror.parent.rglob(".*")], [])
        assert steps > 5, f"it was killed at {steps} steps only"


def test_unprivileged(primary, program):
    """root writes with the rights of the directory's owner; a user who cannot read the directory cannot read the files"""
    usual(primary)
    with Secondary(program) as here:
        os.chown(here.mirror.parent, 1234, 1234)
        here.mirror.parent.chmod(0o750)
        here.take(primary.export().data)
        for path in [*here.mirror.parent.rglob("*")]:
            status = path.lstat()
            equal((str(path), status.st_uid, status.st_gid), (str(path), 1234, 1234))
            if not path.is_symlink():
                equal((str(path), stat.S_IMODE(status.st_mode)), (str(path), 0o750 if path.is_dir() else 0o640))
        equal(here.decision("bob@example.org"), "rewrite all-local bob@example.com")


def test_wrong_bundles(primary, program):
    """a bundle of another time, host, domain or format, and one that has shrunk, is refused"""
    usual(primary)
    bundle = primary.export()
    at = bundle.manifest("time")[0]
    with Secondary(program) as here:
        here.take(bundle.data)
        here.must_refuse(bundle.data, "is not newer than the mirror")
        newer = lambda: Edited(bundle).head("time", later(at))  # noqa: E731
        here.must_refuse(Edited(bundle).head("time", later(at, 3600)).seal_manifest().data(), "is in the future")
        here.must_refuse(Edited(bundle).head("time", later(at, -5)).seal_manifest().data(), "is not newer")
        here.must_refuse(newer().head("host", "mail.example.net").seal_manifest().data(), "and the mirror in force is of")
        here.must_refuse(newer().head("format", "2").seal_manifest().data(), "the format of its manifest")
        postconf = newer().text("postconf").replace("localhost, example.org", "localhost")
        here.must_refuse(newer().put("postconf", postconf).seal().data(), "accepts no mail for \"example.org\"")
        here.take(newer().head("host", "mail.example.net").seal_manifest().data(), "--accept-host")
    with Secondary(program, RELAY.replace("mail.example.org", "mx.example.org")) as here:
        here.must_refuse(bundle.data, "and the primary is")
        here.take(bundle.data, "--accept-host", "--dry-run")
        assert not here.mirror.exists()


def test_shrunk(primary, program):
    """a bundle with far fewer entries waits for --accept-shrink"""
    usual(primary)
    many = "".join(f"user{number}@example.org ann\n" for number in range(100))
    primary.table("hash:/etc/postfix/virtual", many)
    start = time_of(primary)
    with Secondary(program) as here:
        here.take(bundle_of(primary, later(start, -20)))
        primary.table("hash:/etc/postfix/virtual", many.partition("user70@")[0])
        here.must_refuse(bundle_of(primary, start), "more than max-shrink")
        here.take(bundle_of(primary, start), "--accept-shrink")


def test_shrunk_list(primary, program):
    """the members of :include: files are compared too"""
    usual(primary)
    primary.write("/srv/list", "".join(f"user{number}@example.net\n" for number in range(100)))
    start = time_of(primary)
    with Secondary(program) as here:
        here.take(bundle_of(primary, later(start, -20)))
        primary.write("/srv/list", "ann@example.com\n")
        here.must_refuse(bundle_of(primary, start), "include .*more than max-shrink")
        here.take(bundle_of(primary, start), "--accept-shrink")


def test_usage(primary, program):
    """exit statuses for a relay that does not exist or has no mirror, for a missing file and for too many words"""
    with Secondary(program) as here:
        done = here.run("import", "example.orq", "-")
        equal((done.returncode, b'(fix: write "example.org")' in done.stderr), (78, True))
        equal(here.run("import", "example.org", "/nowhere").returncode, 66)
        equal(here.run("import").returncode, 64)
        equal(here.run("import", "--rollback", "example.org", "x").returncode, 64)
        equal(here.run("import", "--rollback", "--json", "example.org").returncode, 64)
        equal(here.run("import", "--rollback", "example.org").returncode, 66)
        here.settings("domains = example.org\nprimary = mail.example.org\n")
        done = here.run("import", "example.org")
        equal((done.returncode, b"mirror is not set" in done.stderr), (78, True))


def test_one_at_a_time(primary, program):
    """a second import of the same mirror does not wait, and leaves the first alone"""
    usual(primary)
    bundle = primary.export()
    with Secondary(program) as here:
        command = [program, "--config", here.root / "shorthop.conf", "import", "example.org", "--no-dns"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as first:
            first.stdin.write(bundle.data[:1000])
            first.stdin.flush()
            for _ in range(100):
                if here.mirror.with_name("example.org.generations").exists():
                    break
                time.sleep(0.05)
            time.sleep(0.2)
            done = here.imports(bundle.data)
            equal((done.returncode, b"another import of this mirror is running" in done.stderr), (75, True))
            out, _ = first.communicate(bundle.data[1000:])
            equal((first.returncode, b"in force    2" in out), (0, True))


def test_no_room(primary, program):
    """a bundle that would take more than half of the free space or of the free files is not unpacked"""
    usual(primary)
    data = primary.export().data
    many = Edited(primary.export())
    for number in range(1000):
        many.put(f"files/x/{number}", "x")
    many = many.seal().data()
    assert len(many) < 2 << 20, len(many)
    for disk, bundle, status in (("size=2m,nr_inodes=12", data, 75), ("size=9m,nr_inodes=9000", many, 75),
                                 ("size=40m,nr_inodes=1500", many, 75), ("size=40m,nr_inodes=9000", many, 0)):
        with Secondary(program) as here:
            mount = f'mount -t tmpfs -o {disk} none "$0" && "$@"; status=$?; ls -A "$0"/*; exit $status'
            here.before = ["unshare", "--mount", "sh", "-c", mount, here.mirror.parent]
            done = here.imports(bundle)
            equal((disk, done.returncode), (disk, status))
            refused = status == 75
            full = b": error: there is no room for the bundle: unpacked, it takes "
            equal((disk, full in done.stderr), (disk, refused))
            equal((disk, b"manifest" in done.stdout), (disk, not refused))


def test_clock_that_was_wrong(primary, program):
    """a mirror whose time is in the future does not prevent imports"""
    usual(primary)
    with Secondary(program, RELAY + "max-age = 48h\n") as here:
        start = time_of(primary)
        first = here.take(bundle_of(primary, later(start, -60)))["in_force"]
        # Both clocks were wrong when this bundle was made and imported.
        os.utime(here.mirror / "stamp", (time.time() + 3600,) * 2)
        equal(here.decision("sales@example.org"), "keep stale")
        here.must_refuse(bundle_of(primary, later(start, 3600)), "which is in the future")
        equal(here.take(bundle_of(primary, start))["before"], first)
        equal(here.decision("sales@example.org"), "rewrite all-local ann@example.com")
        here.must_refuse(bundle_of(primary, later(start, -1)), "is not newer than the mirror")


def test_failed_write(primary, program):
    """a file that cannot be written while the bundle is unpacked is a temporary fault of this host, not of the bundle"""
    usual(primary)
    with Secondary(program) as here:
        (here.root / "bundle").write_bytes(primary.export().data)
        here.before = ["sh", "-c", "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\""]
        done = here.run("import", "example.org", here.root / "bundle", "--no-dns")
        equal((done.returncode, b"file too large; the mirror is unchanged" in done.stderr), (75, True))
        equal(list(here.mirror.parent.rglob("*")), [])


TESTS = [test_no_room, test_failed_write, test_clock_that_was_wrong, test_first_import, test_changes, test_generations,
         test_rollback_to_fewer_entries, test_directory, test_left_behind, test_killed, test_unprivileged, test_wrong_bundles,
         test_shrunk, test_shrunk_list, test_usage, test_one_at_a_time]
