"""Bundles that are damaged or hostile: each is refused with a message, and nothing is left behind."""

import gzip
import io
import itertools
import os
import random
import tarfile

from importing import bundle_of, usual
from secondary import Edited, Secondary, later

CORRUPTIONS = 200


def seed():
    return int(os.environ.get("SHORTHOP_SEED", "1"))


def corrupted(data, dice):
    """Makes a random change: returns its description, and the bytes after it."""
    at = dice.randrange(len(data))
    kind = dice.choice(["flip", "flip", "flip", "byte", "cut", "drop", "repeat", "swap", "zero", "append"])
    size = dice.choice([1, 1, 3, 100, 512, 1024])
    blocks = len(data) // 512
    if kind == "flip":
        return f"bit of byte {at}", data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1:]
    if kind == "byte":
        return f"byte {at}", data[:at] + bytes([dice.randrange(256)]) + data[at + 1:]
    if kind == "cut":
        return f"cut at {at}", data[:at]
    if kind == "drop":
        return f"{size} bytes dropped at {at}", data[:at] + data[at + size:]
    if kind == "repeat":
        return f"{size} bytes repeated at {at}", data[:at + size] + data[at:]
    if kind == "swap":
        one, two = sorted(dice.sample(range(blocks), 2))
        block = [data[number * 512:number * 512 + 512] for number in range(blocks)]
        block[one], block[two] = block[two], block[one]
        return f"blocks {one} and {two} swapped", b"".join(block)
    if kind == "zero":
        return f"{size} zeros at {at}", data[:at] + bytes(min(size, len(data) - at)) + data[at + size:]
    return f"{size} bytes appended", data + dice.randbytes(size)


def headers_of(data):
    """The offsets of the headers of members, each with whether the member is a directory."""
    at, found = 0, []
    while any(data[at:at + 512]):
        found.append((at, data[at + 156:at + 157] == b"5"))
        at += 512 + (int(data[at + 124:at + 135], 8) + 511) // 512 * 512
    return found


def with_order_changed(data):
    """Bundles in which two headers without contents are exchanged, or the header of a directory is missing or changed."""
    empty = [at for at, _ in headers_of(data) if int(data[at + 124:at + 135], 8) == 0]
    for one, two in itertools.combinations(empty, 2):
        yield (f"headers at {one} and {two} swapped",
               data[:one] + data[two:two + 512] + data[one + 512:two] + data[one:one + 512] + data[two + 512:])
    for at, is_directory in headers_of(data):
        if is_directory:
            yield f"no directory at {at}", data[:at] + data[at + 512:]
            # Two digits that differ are exchanged, so that the checksum of the header stays right.
            digit = next(digit for digit in range(at + 146, at + 136, -1) if data[digit - 1] != data[digit])
            yield (f"time of the directory at {at}",
                   data[:digit - 1] + data[digit:digit + 1] + data[digit - 1:digit] + data[digit + 1:])
            last = data.index(b"\0", at) - 2  # of its name, before the "/"
            if chr(data[last]) not in "/:" and data[last - 1] != data[last] and b"/" in data[at:last]:
                yield (f"name of the directory at {at}",
                       data[:last - 1] + data[last:last + 1] + data[last - 1:last] + data[last + 1:])


def without_end(data):
    return data.rstrip(b"\0")


def differs(data, original):
    """Whether they differ, apart from the number of zero blocks at the end: a tar may have any number from two on."""
    return without_end(data) != without_end(original) or len(data) % 512 or len(data) < len(without_end(original)) + 1024


def test_corruptions(primary, program):
    """200 random corruptions of a bundle are each refused, and the mirror in force stays"""
    usual(primary)
    start = primary.export().manifest("time")[0]
    data = bundle_of(primary)
    dice = random.Random(seed())
    with Secondary(program) as here:
        here.take(bundle_of(primary, later(start, -60)))
        done = 0
        while done < CORRUPTIONS:
            what, changed = corrupted(data, dice)
            if not differs(changed, data):
                continue
            try:
                here.must_refuse(changed, r"error: ")
            except AssertionError as why:
                raise AssertionError(f"seed {seed()}, corruption {done}: {what}: {why}") from why
            done += 1
        here.take(data)


def test_members_out_of_order(primary, program):
    """headers that are exchanged, and a directory that is missing, are refused although no contents differ"""
    usual(primary)
    primary.write_home("carol", ".forward", "", 0o600)
    data = bundle_of(primary)
    with Secondary(program) as here:
        here.take(data, "--dry-run")
        for what, changed in with_order_changed(data):
            try:
                here.must_refuse(changed, "order of their names|has no file|mode, owner or time|directories, and the manifest says|file and a directory")
            except AssertionError as why:
                raise AssertionError(f"{what}: {why}") from why


def member(name, kind=tarfile.REGTYPE, **more):
    one = tarfile.TarInfo(name)
    one.type = kind
    one.mode = 0o644
    for key, value in more.items():
        setattr(one, key, value)
    return one


def names():
    """Names that lead out of the mirror, or are not part of one."""
    for name in ("../evil", "/etc/evil", "files/../../evil", "files/a/../../../evil", "files/..", "..", ".", "./stamp",
                 "files/./x", "files//x", "etc/passwd", ".hidden", "files2/x", "stamp/x", "manifest/x", "postconf/x",
                 "files/a\nb", "files/a\\b", "files/a\x1b[2J", "files/" + "x" * 300, "files/" + "y/" * 600 + "z"):
        yield name, member(name), "not a name below|not a part of|control character|too long|wrong kind|file and a dir"


def kinds():
    """Members that are neither files nor directories."""
    for kind, what in ((tarfile.LNKTYPE, "hard link"), (tarfile.SYMTYPE, "symbolic link"), (tarfile.CHRTYPE, "device"),
                       (tarfile.BLKTYPE, "device"), (tarfile.FIFOTYPE, "named pipe"), (tarfile.CONTTYPE, "neither"),
                       (tarfile.GNUTYPE_SPARSE, "sparse"), (b"V", "neither"), (b"D", "neither"), (b"g", "neither")):
        yield f"type {kind!r}", member("files/odd", kind, linkname="/etc/passwd", devmajor=1, devminor=3), what
    for name in ("stamp", "manifest", "postconf", "master"):
        yield f"{name} as a directory", member(name, tarfile.DIRTYPE), "wrong kind|is in the bundle twice"
    deep = [f"files/{number}/" + "/".join(["d"] * 500) for number in range(400)]
    yield "few members with very many directories", [member(name, tarfile.DIRTYPE) for name in deep], "100000 director"
    for name in ("files", "forward", "listed"):
        yield f"{name} as a file", member(name), "wrong kind"


def edited(bundle):
    """Changes of whole members."""
    new = lambda: Edited(bundle)  # noqa: E731
    first = next(one for one, _ in new().members if one.isfile())
    yield "a member twice", new().add(first, new().text(first.name).encode() if first.name != "x" else b""), "twice"
    yield "a file more", new().put("files/etc/more", "x\n"), "is not in its manifest"
    yield "another text", new().put("postconf", "x = y\n"), "is damaged"
    yield "another manifest", new().head("program", "other"), "another hash"
    yield "a manifest without its end", new().put("manifest", new().text("manifest").rpartition("manifest = ")[0]), "truncated"
    yield "an empty manifest", new().put("manifest", ""), "format of its manifest|truncated"
    yield "a stamp with contents", new().put("stamp", "x"), "no stamp"
    yield "other counts", new().head("count", "files 1").seal_manifest(), "line .* of its manifest|the manifest says"
    yield "other lines", new().head("entries", "unix:passwd.byname 99").seal_manifest(), "the manifest says 99"
    for part in ("manifest", "stamp", "postconf"):
        gone = new()
        del gone.members[gone.index(part)]
        yield f"no {part}", gone, "no manifest|no stamp|is missing"
    file_and_directory = new().put("files/etc/aliases/x", "x\n")
    yield "a file and a directory", file_and_directory, "file and a directory"
    for line, why in (("file = x", "the line is not file"), ("nonsense", "not KEY = VALUE"), ("time = 1", "time is not of the form"),
                      ("count = a", "a name and a number"), ("host = other", "twice")):
        bad = new().put("manifest", line + "\n" + new().text("manifest")).seal_manifest()
        yield f"line {line}", bad, why


def raw(data):
    """Changes that no tar program makes."""
    yield "empty", b"", "it is empty"
    yield "not a tar", b"hello\n" * 1000, "not an uncompressed tar"
    yield "compressed", gzip.compress(data), "not an uncompressed tar"
    yield "a bomb, compressed", gzip.compress(bytes(50 << 20)), "not an uncompressed tar"
    yield "zeros", bytes(1 << 20), "no manifest"
    yield "zeros without end", bytes(16 << 20), "too many zeros follow"
    yield "zeros without end after the bundle", data + bytes(16 << 20), "too many zeros follow"
    yield "no end mark", without_end(data) + bytes(-len(without_end(data)) % 512), "end mark"
    yield "two bundles", data + data, "after its end"
    yield "bundle behind zeros", bytes(1024) + data, "after its end"
    yield "trailing garbage", data + b"x" * 512, "after its end"
    yield "half a block", data + b"x", "is incomplete"
    huge = member("files/huge")
    huge.size = 1 << 40
    yield "a file of a terabyte", huge.tobuf(tarfile.GNU_FORMAT) + data, "larger than"
    huge.size = (1 << 31) - 1
    yield "files without contents", huge.tobuf(tarfile.GNU_FORMAT), "cut|end mark"
    sparse = member("files/sparse", pax_headers={"GNU.sparse.major": "1", "GNU.sparse.minor": "0",
                                                 "GNU.sparse.name": "files/etc/x", "GNU.sparse.realsize": "99999999999"})
    sparse.size = 512
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(sparse, io.BytesIO(b"1\n0\n0\n".ljust(512, b"\0")))
    yield "a sparse file of pax", out.getvalue(), "sparse|damaged|not in its manifest|no manifest"


def hostile(bundle):
    data = bundle.data
    for what, one, why in [*names(), *kinds()]:
        changed = Edited(bundle)
        for each in one if isinstance(one, list) else [one]:
            changed.add(each)
        yield what, changed.data(), why
    for what, changed, why in edited(bundle):
        yield what, changed.data(), why
    yield from raw(data)


def test_hostile(primary, program):
    """more than 50 hostile bundles are each refused for what is wrong with them, and nothing is left behind"""
    usual(primary)
    bundle = primary.export()
    with Secondary(program) as here:
        here.take(bundle_of(primary, later(bundle.manifest("time")[0], -60)))
        bundles = list(hostile(bundle))
        assert len(bundles) >= 50, len(bundles)
        for what, data, why in bundles:
            try:
                here.must_refuse(data, why)
            except AssertionError as error:
                raise AssertionError(f"{what}: {error}") from error
        here.take(bundle.data)


def test_many_members(_primary, program):
    """a bundle of more than a million members is refused after a million, while it still comes in"""
    block = member("files/x").tobuf(tarfile.GNU_FORMAT)
    with Secondary(program) as here:
        done = here.run("import", "example.org", data=block * 1_100_000, limit=300)
        assert (done.returncode, b"more than 1000000 members" in done.stderr) == (65, True), done.stderr
        assert not [path for path in here.mirror.parent.rglob("*") if path.is_file()]


TESTS = [test_corruptions, test_members_out_of_order, test_hostile, test_many_members]
