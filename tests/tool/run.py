#!/usr/bin/env python3
"""Tests the built tool from outside: its output byte for byte, its exit statuses, broken pipes and full disks.

run.py --bin FOLDER [NAME]: FOLDER has the programs; NAME is a part of a title. The last line is "N passed, N failed".
Tests that need no separate process are in tests/unit/tool. The mirrors of tests/mirrors are tests too (mirrors.py).
"""

import argparse
import json
import os
import select
import sys
import tempfile
import time
import traceback
from pathlib import Path

import dot
import html_page
import journal
import logs
import mirrors
from browser import Missing
from checks import check, equal
from world import FILES, LIMIT, World

ADDRESS = "user.lastname@example.org"


def golden_text(world: World) -> str:
    return (f"{ADDRESS}: rewrite all-local\n"
            "  to user@example.com\n"
            f"  {ADDRESS} -> user@example.org  [virtual-alias-maps text:{world.root}/virtual:1]\n"
            f"  user@example.org -> user@example.com  [alias-maps text:{world.root}/aliases:1]\n"
            "  user@example.com: local-mailbox\n")


def golden_object(world: World) -> dict:
    return {
        "recipient": ADDRESS, "decision": "rewrite", "reason": "all-local", "to": ["user@example.com"],
        "steps": [
            {"address": ADDRESS, "by": "virtual-alias-maps", "table": f"text:{world.root}/virtual", "line": 1,
             "to": ["user@example.org"]},
            {"address": "user@example.org", "by": "alias-maps", "table": f"text:{world.root}/aliases", "line": 1,
             "to": ["user@example.com"]},
        ],
        "leaves": [{"kind": "local-mailbox", "address": "user@example.com"}],
    }


def golden_json(world: World) -> str:
    return json.dumps(golden_object(world), separators=(",", ":")) + "\n"


def test_resolve_text(world: World):
    """resolve prints decision, chain with table and line, and leaves"""
    ran = world.run("resolve", ADDRESS)
    equal((ran.returncode, ran.stdout.decode(), ran.stderr), (0, golden_text(world), b""))


def test_resolve_json(world: World):
    """resolve --json prints one object per line, with fields in this order"""
    ran = world.run("resolve", "--json", ADDRESS, ADDRESS)
    equal((ran.returncode, ran.stdout.decode()), (0, 2 * golden_json(world)))


def answer_within_the_limit(pipe, end: bytes) -> bytes:
    answer = b""
    while not answer.endswith(end):
        ready, _, _ = select.select([pipe], [], [], LIMIT)
        check(ready, f"no answer, only {answer!r}")
        piece = os.read(pipe.fileno(), 65536)
        check(piece, f"the output ended after {answer!r}")
        answer += piece
    return answer


def test_co_process(world: World):
    """resolve -: a program that waits for each answer before it sends the next line gets every answer"""
    for words, end, expected in ((("resolve", "-"), b"\n\n", golden_text(world) + "\n"),
                                 (("resolve", "--json", "-"), b"\n", golden_json(world))):
        with world.start(*words) as tool:
            for _ in range(3):
                tool.stdin.write(ADDRESS.encode() + b"\n")
                equal(answer_within_the_limit(tool.stdout, end).decode(), expected)
            tool.stdin.close()
            equal((tool.stdout.read(), tool.wait(LIMIT)), (b"", 0))


def test_half_a_line(world: World):
    """resolve -: a line that arrives in two pieces is one line"""
    with world.start("resolve", "--json", "-") as tool:
        tool.stdin.write(ADDRESS.encode() + b"\n" + ADDRESS.encode()[:7])
        equal(answer_within_the_limit(tool.stdout, b"\n").decode(), golden_json(world))
        tool.stdin.write(ADDRESS.encode()[7:] + b"\n")
        equal(answer_within_the_limit(tool.stdout, b"\n").decode(), golden_json(world))
        tool.stdin.close()
        equal(tool.wait(LIMIT), 0)


def test_hostile_bytes(world: World):
    """resolve --json -: every line, whatever its bytes, gives one valid object"""
    lines = [bytes([byte]) + b"x@example.org" for byte in range(256) if byte != 10]
    lines += [b"x@" + bytes([byte]) + b".example.org" for byte in range(256) if byte != 10]
    lines += [b"\xff" * 1_000_000, b"\0" * 70_000, b"(" * 50_000, b"\"" * 999, b"<" * 999 + b">" * 999, ADDRESS.encode()]
    ran = world.run("resolve", "--json", "-", stdin=b"\n".join(lines))
    equal((ran.returncode, ran.stderr), (0, b""))
    answers = [json.loads(line) for line in ran.stdout.decode("ascii").splitlines()]
    equal(len(answers), len(lines))
    equal(answers[-1], golden_object(world))
    check({answer["decision"] for answer in answers[:-1]} == {"keep"}, "something odd would be rewritten")


def test_full_disk(world: World):
    """a write error is reported: full disk"""
    for words in ("resolve " + ADDRESS, "check --no-dns", "config", "--help", "--version"):
        ran = world.shell(f'"$@" {words} > /dev/full')
        equal(ran.returncode, 75)
        check(b"cannot write to standard output" in ran.stderr, ran.stderr)


def test_closed_descriptors(world: World):
    """a write error is reported: closed standard output; a closed standard input is an error too"""
    check(world.shell(f'"$@" resolve {ADDRESS} >&-').returncode == 75, "a closed standard output was not noticed")
    check(world.shell('"$@" resolve - <&-').returncode == 66, "a closed standard input was not noticed")
    check(world.shell(f'"$@" resolve {ADDRESS} 2>&- <&-').returncode == 0, "standard error is not needed")
    check(world.shell('"$@" resolve - </').returncode == 66, "a directory is not an input")


def test_reader_that_left(world: World):
    """a write error is reported by the exit status, without a message, if the reader has closed the pipe"""
    ran = world.shell(f'yes {ADDRESS} | head -n 100000 | "$@" resolve - | head -n 1; echo "${{PIPESTATUS[2]}}"')
    first, status = ran.stdout.decode().splitlines()
    equal(first, f"{ADDRESS}: rewrite all-local")
    check(status != "0", "exit status 0 although nobody read the output")
    equal(ran.stderr, b"")


def test_endless_input_stops_with_the_reader(world: World):
    """resolve - stops reading if the answers are not read"""
    ran = world.shell(f'yes {ADDRESS} | "$@" resolve - | head -n 1 > /dev/null; echo "${{PIPESTATUS[1]}}"')
    check(ran.stdout.strip() != b"0", ran.stdout)


def test_open_input_stops_with_the_reader(world: World):
    """resolve - does not wait for more input if the answers are not read"""
    with world.start("resolve", "-") as tool:
        tool.stdin.write(ADDRESS.encode() + b"\n")
        answer_within_the_limit(tool.stdout, b"\n\n")
        tool.stdout.close()
        tool.stdin.write(ADDRESS.encode() + b"\n")
        check(tool.wait(LIMIT) != 0, "exit status 0 although nobody read the output")


def test_exit_statuses(world: World):
    """exit statuses: 64 usage, 66 no file, 75 no daemon, 78 bad settings; 0 for resolve with bad data of a relay"""
    equal(world.run("resovle", ADDRESS).returncode, 64)
    check(b'did you mean "resolve"?' in world.run("resovle", ADDRESS).stderr, "no nearest subcommand")
    equal(world.run("resolve", "-", ADDRESS).returncode, 64)
    equal(world.run("status").returncode, 75)
    check(str(world.root / "control.sock").encode() in world.run("reload").stderr, "the socket is not named")
    world.write("aliases", "user: user@example.com\nno colon\n")
    ran = world.run("resolve", ADDRESS)
    check(ran.returncode == 0 and b": rewrite all-local\n" in ran.stdout, ran)
    ran = world.run("check", "--no-dns")
    check(ran.returncode == 0 and f"{world.root}/aliases:2: warning: ".encode() in ran.stdout, ran)
    (world.root / "aliases").unlink()
    ran = world.run("resolve", ADDRESS)
    check(ran.returncode == 0 and b": keep not-mirrored (" in ran.stdout, ran)
    ran = world.run("check", "--no-dns")
    check(ran.returncode == 66 and f"{world.root}/aliases".encode() in ran.stdout, ran)
    world.write("shorthop.conf", "mdoe = rewrite\n")
    ran = world.run("check")
    equal(ran.returncode, 78)
    check(f"{world.root}/shorthop.conf:1: error: ".encode() in ran.stdout and b"mode" in ran.stdout, ran.stdout)


def test_tables_of_a_mirror_without_stamp(world: World):
    """tables prints nothing for a mirror without a stamp, because its copy may be incomplete"""
    world.write("shorthop.conf", FILES["shorthop.conf"] + "recipient-delimiter =\n")
    world.write("relay.d/example.org.conf", "domains = example.org\nprimary = 192.0.2.10\nmirror = ../mirror\n"
                                            "arrives-here = example.com\n")
    world.write("mirror/postconf", "compatibility_level = 3.6\nmyhostname = mail.example.org\nmyorigin = example.org\n"
                                   "mydestination = example.org\nalias_maps = hash:/etc/aliases\n"
                                   "virtual_alias_maps =\nlocal_recipient_maps = $alias_maps\n")
    world.write("mirror/master", "smtp inet n - y - - smtpd\ncleanup unix n - y - 0 cleanup\n")
    world.write("mirror/files/etc/aliases", "user: user@example.com,\n")  # the rest is still to come
    for form in ("virtual", "relay-recipients"):
        ran = world.run("tables", "--form", form, "--no-dns")
        equal((ran.returncode, ran.stdout), (66, b""))
        check(b"the mirror has no stamp" in ran.stderr, ran.stderr)
    time.sleep(0.02)  # longer than a tick of the clock that gives files their times
    world.write("mirror/stamp", "")
    ran = world.run("tables", "--form", "virtual", "--no-dns")
    check(ran.returncode == 0 and b"\nuser@example.org\tuser@example.com\n" in ran.stdout, ran)


def test_undo_after_another_socket(world: World):
    """setup --undo keeps the backup of main.cf if the milter in main.cf has another socket than the settings"""
    before = "smtpd_milters = inet:127.0.0.1:1\n"
    after = before.replace("\n", ", { unix:shorthop/milter.sock, default_action=accept }\n")
    world.write("postfix/main.cf", after)
    world.write("postfix/main.cf.before-shorthop", before)
    ran = world.run("setup", "--undo", "--postfix-config", str(world.root / "postfix"))
    equal((ran.returncode, (world.root / "postfix/main.cf").read_text()), (69, after))
    check(b"main.cf.before-shorthop stays, because " in ran.stdout and b"no milter at unix:" in ran.stdout, ran)
    equal((world.root / "postfix/main.cf.before-shorthop").read_text(), before)
    world.write("postfix/main.cf", before)  # the entry was removed by hand
    equal(world.run("setup", "--undo", "--postfix-config", str(world.root / "postfix")).returncode, 0)
    check(not (world.root / "postfix/main.cf.before-shorthop").exists(), "the backup is still there")
    world.write("shorthop.conf", "mdoe = rewrite\n")
    ran = world.run("setup", "--undo", "--postfix-config", str(world.root / "postfix"))
    check(b"shorthop.conf:1: error: " in ran.stderr and b"are assumed" in ran.stderr, ran)


def test_setup_without_a_mail_system(world: World):
    """setup exits with 69 on a host that has neither Postfix nor Sendmail, with and without --apply"""
    if any(map(os.path.exists, ("/usr/sbin/postconf", "/etc/mail/sendmail.cf", "/etc/mail/sendmail.mc"))):
        raise Missing("this machine has a mail system")
    for words in (["setup"], ["setup", "--apply"]):
        ran = world.run(*words)
        equal((ran.returncode, b"Postfix cannot be set up: postconf not found" in ran.stdout), (69, True))


def test_difference_to_a_damaged_table(world: World):
    """tables --diff names the lines of the old table that cannot be read"""
    world.write("old", "key-without-value\n")
    ran = world.run("tables", "--form", "virtual", "--no-dns", "--diff", str(world.root / "old"))
    check(f"{world.root}/old:1: warning: ".encode() in ran.stderr, ran)


def test_table_that_only_the_primary_has(world: World):
    """if a table of the primary has no copy here, check does not read this host's table of the same name instead"""
    world.write("relay.d/example.org.conf", "domains = example.org\nprimary = 192.0.2.10\narrives-here = example.com\n"
                                            "primary-postconf = ../postconf\nvirtual-alias-maps = text:../virtual\n")
    world.write("postconf", "mydestination = example.org\nalias_maps = hash:/etc/aliases\nmyorigin = example.org\n"
                            "virtual_alias_maps = hash:/etc/postfix/virtual\ncompatibility_level = 3.6\n")
    world.write("bin/postmap", "#!/bin/sh\necho 'stranger\tuser'\n")
    (world.root / "bin/postmap").chmod(0o755)
    said = world.shell(f'PATH={world.root}/bin:$PATH "$@" check --no-dns').stdout.decode()
    check("note: hash:/etc/aliases: this table of the primary is not on this host [not-surveyed]" in said, said)
    check("of 1 aliases" in said, said)


def test_missing_settings(world: World):
    """each subcommand that needs the settings exits with 66 if they are missing, and its help says so"""
    (world.root / "shorthop.conf").unlink()
    for words in (["resolve", ADDRESS], ["check"], ["setup"], ["status"], ["reload"], ["graph"], ["import", "x"],
                  ["pair", "x"], ["pull", "x"], ["tables", "--form", "virtual"]):
        equal((words, world.run(*words).returncode), (words, 66))
        check(b"\n  66 " in world.run(words[0], "--help").stdout, f"{words[0]} --help lacks 66")


def test_memory_does_not_grow(world: World):
    """resolve -: many lines take no more memory than a few"""
    with tempfile.TemporaryDirectory() as directory:
        few, many = Path(directory, "few"), Path(directory, "many")
        few.write_text(f"{ADDRESS}\n" * 10)
        many.write_text(f"{ADDRESS}\n" * 100_000 + "x" * 20_000_000 + "\n")
        growth = world.peak_memory("resolve", "-", stdin_file=many) - world.peak_memory("resolve", "-", stdin_file=few)
    check(growth < 20_000, f"{growth} KiB more")


TESTS = [value for name, value in list(globals().items()) if name.startswith("test_")]
TESTS += mirrors.tests() + html_page.tests() + dot.tests() + journal.tests() + logs.tests()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, required=True, help="where the programs are")
    parser.add_argument("name", nargs="?", default="", help="part of the titles to run")
    options = parser.parse_args()
    passed = failed = skipped = 0
    for test in (test for test in TESTS if options.name in test.__doc__):
        try:
            with World(options.bin.resolve() / "shorthop") as world:
                test(world)
        except Missing as reason:
            skipped += 1
            print(f"skipped {test.__doc__} ({reason})")
        except Exception:  # after any error the other tests still run
            failed += 1
            print(f"FAILED {test.__doc__}\n{traceback.format_exc(limit=-1)}")
        else:
            passed += 1
            print(f"ok     {test.__doc__}")
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or not passed + skipped else 0


if __name__ == "__main__":
    sys.exit(main())
