"""Hostile files of users on the primary: a bundle has no text that these users cannot read themselves, and lacks nothing else."""

import time

from checks import equal
from primary import SHELLS
from resolved import decided

SECRET = "s3cret@example.com\n"
LIMIT = 1 << 20


def plant(primary):
    primary.write("/etc/secret", SECRET, mode=0o600)


def reasons(bundle):
    return dict(line.rsplit(": ", 1) for line in bundle.manifest("not-copied"))


def leaks_nothing(bundle):
    assert b"s3cret" not in bundle.data, [one.name for one in bundle.members]


def test_forward_files(primary, program):
    """a .forward that is a link, a pipe, a directory, too large or unreadable is a file of mode 000 in the mirror"""
    plant(primary)
    primary.place.run("sh", "-c", """
        ln -s /etc/secret /home/ann/.forward
        mkfifo /home/ann/.forward+pipe; mkdir /home/ann/.forward+folder
        ln -s /home/ann /home/ann/.forward+link; ln -s nowhere /home/ann/.forward+dangling
        head -c 1048577 /dev/zero | tr '\\0' '#' >/home/ann/.forward+huge""")
    primary.write("/home/ann/.forward+root", SECRET, 0, 0o600)
    primary.write("/home/ann/.forward+mine", "ann@example.com\n", primary.numbers["ann"])
    primary.table("hash:/etc/aliases", "x: y\n", "postalias")
    for shell in SHELLS:
        bundle = primary.export(shell=shell)
        leaks_nothing(bundle)
        why = reasons(bundle)
        equal({name.removeprefix("/home/ann/.forward"): why[name] for name in why}, {
            "": "it is a symbolic link", "+pipe": "it is not a regular file", "+folder": "it is not a regular file",
            "+link": "it is a symbolic link", "+dangling": "it is a symbolic link",
            "+huge": "it is larger than 1048576 bytes", "+root": "user and group 1000:1000 cannot read it"})
        modes = {name: one.mode for name, one in bundle.files.items() if name.startswith("forward/")}
        equal(modes.pop("forward/ann+mine"), 0o644)
        equal(modes, {name.replace("/home/ann/.forward", "forward/ann"): 0 for name in why})
        decided(program, bundle, {"ann+mine@example.org": "rewrite all-local ann@example.com",
                                  "ann+root@example.org": "keep primary-mailbox",
                                  "ann@example.org": "keep primary-mailbox"})


def test_dot_is_delimiter(primary, program):
    """if "." is a delimiter of a Postfix, ~/.forward.EXT is copied, and otherwise left out"""
    primary.table("hash:/etc/aliases", "x: y\n", "postalias")
    primary.write_home("ann", ".forward", "ann@example.com\n")
    primary.write_home("ann", ".forward.lists", "\\ann\n")
    primary.write_home("ann", ".forward+lists", "\\ann\n")
    for delimiters, left_out in (("+", "forward/ann.lists"), (".", "forward/ann+lists"), ("+.", "")):
        primary.settings(f"recipient_delimiter = {delimiters}\n")
        bundle = primary.export()
        equal({name for name in bundle.files if name.startswith("forward/")},
              {"forward/ann", "forward/ann.lists", "forward/ann+lists"} - {left_out})
    decided(program, bundle, {"ann.lists@example.org": "keep primary-mailbox",
                              "ann.other@example.org": "rewrite all-local ann@example.com"})


def test_many_files(primary, program):
    """if a user has very many .forward files, none of them is read, and no disk fills up"""
    primary.table("hash:/etc/aliases", "x: y\n", "postalias")
    primary.place.run("sh", "-c", "cd /home/ann; for i in $(seq 200); do echo s3cret@example.com >.forward+$i; done; "
                                  "chown 1000:1000 .forward*")
    bundle = primary.export()
    equal([(name, one.mode) for name, one in bundle.files.items() if name.startswith("forward/")], [("forward/ann", 0)])
    equal(bundle.manifest("not-copied"), ["/home/ann/.forward*: there are more than 100"])
    decided(program, bundle, {"ann+7@example.org": "keep primary-mailbox"})


def test_odd_file_names(primary, program):
    """files with spaces, quotes or line ends in their names are read if local(8) reads them, and harm nothing else"""
    primary.table("hash:/etc/aliases", 'lists: ":include:/srv/it\'s a list"\n', "postalias")
    primary.write("/srv/it's a list", "carol@example.com\n")
    passwd = primary.place.path("/etc/passwd").read_text().replace("/home/bob", "/home/bob's \"$(touch x)\"")
    primary.write("/etc/passwd", passwd + "../../up:x:1000:1000::/home/ann:/bin/sh\n-n:x:1:1::/:/bin/sh\n")
    primary.write("/home/bob's \"$(touch x)\"/.forward", "bob@example.com\n", primary.numbers["bob"])
    for odd in ("new\nline", "back\\slash", "a b", "$(touch x)", "*"):
        primary.write(f"/home/ann/.forward+{odd}", "s3cret@example.com\n", primary.numbers["ann"])
    primary.write("/home/ann/.forward+fine", "ann@example.com\n", primary.numbers["ann"])
    for shell in SHELLS:
        bundle = primary.export(shell=shell)
        equal([name for name in bundle.files if name.startswith("forward/")], ["forward/ann+fine", "forward/bob"])
        assert not any(".." in name.split("/") for name in bundle.files), list(bundle.files)
        decided(program, bundle, {"ann+fine@example.org": "rewrite all-local ann@example.com",
                                  "bob@example.org": "rewrite all-local bob@example.com",
                                  "lists@example.org": "rewrite all-local carol@example.com"})


def test_include_files(primary, program):
    """:include: files are read with the rights of default_privs: no secret, no link, no pipe, no /proc, no '..'"""
    plant(primary)
    paths = ["/etc/secret", "/srv/link", "/srv/pipe", "/proc/self/environ", "/srv/../etc/secret", "srv/list",
             "/srv/gone"]
    primary.write("/srv/list", "carol@example.com, :include:/srv/inner\n")
    primary.write("/srv/inner", "bob@example.com\n:include:/srv/list\n")
    primary.place.run("sh", "-c", "ln -s /etc/passwd /srv/link; mkfifo /srv/pipe")
    aliases = "".join(f"a{at}: :include:{path}\n" for at, path in enumerate(paths))
    primary.table("hash:/etc/aliases", aliases + "list: :include:/srv/list\n", "postalias")
    for shell in SHELLS:
        bundle = primary.export(shell=shell)
        leaks_nothing(bundle)
        equal(sorted(name for name in bundle.files if name.startswith("include")),
              ["include/srv/inner", "include/srv/list"])
        equal(set(reasons(bundle)), {f":include:{path}" for path in paths})
        decided(program, bundle, {"list@example.org": "rewrite all-local bob@example.com carol@example.com",
                                  "a0@example.org": "keep include-target"})


def test_tables_of_others(primary, _program):
    """a table that somebody other than root could replace is read with the rights of that user or group"""
    plant(primary)
    primary.settings("virtual_alias_maps = texthash:/srv/m/link, texthash:/srv/m/roots, texthash:/srv/group/t,\n"
                     "  texthash:/etc/postfix/hop, texthash:/srv/m/own, texthash:/srv/all/t, texthash:/srv/pipe\n")
    primary.place.run("sh", "-ec", """
        mkdir -p /srv/m /srv/group /srv/all; cd /srv/m
        ln -s /etc/secret link; ln -s /etc/secret hop; ln -s /srv/m/hop /etc/postfix/hop
        chown -h 1003:1003 . link hop
        cp /etc/secret roots; cp /etc/secret ../group/t; cp /etc/secret ../all/t
        chmod 600 roots ../group/t ../all/t; mkfifo ../pipe
        chgrp mail ../group; chmod 775 ../group; chmod 777 ../all""")
    primary.write("/srv/m/own", "own@example.org ann\n", 1003, 0o600)
    for shell in SHELLS:
        bundle = primary.export(shell=shell)
        leaks_nothing(bundle)
        why = reasons(bundle)
        equal(why.pop("/srv/pipe"), "it is not a regular file")
        equal(sorted(why), ["/etc/postfix/hop", "/srv/all/t", "/srv/group/t", "/srv/m/link", "/srv/m/roots"])
        equal(bundle.text("files/srv/m/own"), "own@example.org ann\n")


def test_paths(primary, _program):
    """a table with '..' in its path, and one without an absolute path, are named and not copied"""
    primary.settings("virtual_alias_maps = hash:/etc/postfix/../secret, hash:relative\n")
    plant(primary)
    bundle = primary.export()
    leaks_nothing(bundle)
    assert any(line.startswith("/etc/postfix/../secret: its name has '..'") for line in bundle.manifest("not-copied"))
    assert any(line.startswith("hash:relative: ") for line in bundle.manifest("not-listed"))


def test_many_includes(primary, program):
    """a user who names very many :include: files in one line delays nothing, and files that aliases name come first"""
    paths = "".join(f":include:/gone/{number}," for number in range(12_000))
    primary.write_home("mallory", ".forward", paths + ":include:/x," * ((LIMIT - len(paths) - 10) // 12) + "\n")
    primary.table("hash:/etc/aliases", "list: :include:/srv/list\n", "postalias")
    primary.write("/srv/list", "carol@example.com\n")
    bundle = primary.export()
    equal(reasons(bundle)[":include:"], "there are more than 10000 such files")
    equal(len(bundle.manifest("not-copied")), 10_000)
    decided(program, bundle, {"list@example.org": "rewrite all-local carol@example.com",
                              "mallory@example.org": "keep invalid-address"})  # the line is too long


def test_large_includes(primary, program):
    """many large :include: files of a user, without line ends, fill no disk and do not delay the export"""
    primary.place.run("sh", "-c", "mkdir -p /srv/m; for i in $(seq 100 170); do truncate -s 1048576 /srv/m/$i; done")
    primary.write_home("mallory", ".forward", "".join(f":include:/srv/m/{number},\n" for number in range(100, 171)))
    primary.table("hash:/etc/aliases", "list: :include:/srv/list\n", "postalias")
    primary.write("/srv/list", "carol@example.com\n")
    for shell in SHELLS:
        began = time.monotonic()
        bundle = primary.export(shell=shell)
        assert time.monotonic() - began < 60, time.monotonic() - began
        equal(sum(one.size for name, one in bundle.files.items() if name.startswith("include/srv/m/")), 63 * LIMIT)
        equal(reasons(bundle), {f":include:/srv/m/{number}": "all such files together have more than 67108864 bytes"
                                for number in range(163, 171)})
        decided(program, bundle, {"list@example.org": "rewrite all-local carol@example.com"})


def test_odd_includes(primary, program):
    """an :include: file whose name ends with a blank is followed; one with a name beyond ASCII is named, not copied"""
    primary.table("hash:/etc/aliases", 'blank: ":include:/srv/blank "\nodd: :include:/srv/é\n', "postalias")
    primary.write("/srv/blank ", ":include:/srv/inner\n")
    for name in ("inner", "é"):
        primary.write(f"/srv/{name}", "carol@example.com\n")
    for shell in SHELLS:
        bundle = primary.export(shell=shell)
        equal(bundle.wrong_sums(), [])
        equal(list(reasons(bundle)), [":include:/srv/é"])
        decided(program, bundle, {"blank@example.org": "rewrite all-local carol@example.com",
                                  "odd@example.org": "keep include-target"})


TESTS = [test_forward_files, test_dot_is_delimiter, test_many_files, test_odd_file_names, test_include_files,
         test_tables_of_others, test_paths, test_many_includes, test_large_includes, test_odd_includes]
