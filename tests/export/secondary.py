"""A secondary that imports bundles: settings and mirror in a directory of its own, and runs of shorthop there."""

import contextlib
import copy
import hashlib
import io
import json
import os
import re
import subprocess
import tarfile
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

LIMIT = 120  # seconds for one run, for a sanitizer's build on a busy machine
MAIN = """\
mode             = rewrite
socket           = unix:milter.sock
postfix-config   = none
control          = unix:control.sock
local-domains    = example.com mail.example.com
local-recipients = text:local-recipients
"""
RELAY = """\
domains = example.org
primary = mail.example.org
mirror = ../mirrors/example.org
arrives-here = example.com
"""


class Secondary:
    def __init__(self, program, relay=RELAY):
        self.program = program
        self.before = []  # the words of a command that runs the program
        self.place = tempfile.TemporaryDirectory(prefix="shorthop-import-")
        self.root = Path(self.place.name)
        self.root.chmod(0o755)
        (self.root / "relay.d").mkdir()
        (self.root / "mirrors").mkdir()
        self.mirror = self.root / "mirrors/example.org"
        (self.root / "shorthop.conf").write_text(MAIN)
        (self.root / "local-recipients").write_text("ann\nbob\ncarol\n")
        self.settings(relay)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.place.cleanup()

    def settings(self, relay):
        (self.root / "relay.d/example.org.conf").write_text(relay)

    def run(self, *words, data=b"", limit=LIMIT):
        return subprocess.run([*self.before, self.program, "--config", self.root / "shorthop.conf", *words], input=data,
                              capture_output=True, check=False, timeout=limit)

    def imports(self, data, *options):
        return self.run("import", "example.org", "-", "--no-dns", *options, data=data)

    def take(self, data, *options):
        """The report of an import that must succeed, as JSON."""
        done = self.imports(data, "--json", *options)
        assert done.returncode == 0, f"exit status {done.returncode}: {done.stderr.decode()}"
        return json.loads(done.stdout)

    def state(self):
        """Everything below the directory of mirrors, so that a comparison of two results shows whether anything changed."""
        found = []
        for path in sorted((self.root / "mirrors").rglob("*")):
            status = path.lstat()
            is_directory = path.is_dir() and not path.is_symlink()
            found.append((str(path), status.st_mode, 0 if is_directory else status.st_mtime_ns,
                          os.readlink(path) if path.is_symlink() else ""))
        return found

    def must_refuse(self, data, why, *options):
        """Asserts that an import fails with a message that matches `why`, and leaves everything as it was."""
        before = self.state()
        done = self.imports(data, *options)
        said = done.stderr.decode()
        assert done.returncode in (65, 75) and re.search(why, said), f"exit status {done.returncode}: {said}"
        assert re.match(r"\S+: error: .* \(.*\)\n$", said.splitlines(keepends=True)[-1]), said
        assert self.state() == before, f"not everything is as before: {said}"

    def decision(self, address):
        done = self.run("resolve", "--json", "--no-dns", address)
        answer = json.loads(done.stdout)
        return " ".join([answer["decision"], answer["reason"], *answer.get("to", [])])


def later(time, seconds=1):
    """A time of a manifest, moved some seconds later."""
    form = "%Y-%m-%dT%H:%M:%SZ"
    return (datetime.strptime(time, form) + timedelta(seconds=seconds)).strftime(form)


class Edited:
    """The members of a bundle, to be changed and written again, with or without a manifest that fits."""

    def __init__(self, bundle):
        self.members = [(copy.copy(one), bundle.tar.extractfile(one).read() if one.isfile() else b"") for one in bundle.members]

    def index(self, name):
        return next(at for at, (one, _) in enumerate(self.members) if one.name == name)

    def text(self, name):
        return self.members[self.index(name)][1].decode()

    def put(self, name, data):
        """Replaces the contents of a file, or adds it."""
        data = data.encode() if isinstance(data, str) else data
        if name in [one.name for one, _ in self.members]:
            at = self.index(name)
            self.members[at] = (self.members[at][0], data)
        else:
            one = tarfile.TarInfo(name)
            one.mode = 0o644
            self.members.insert(0, (one, data))
        return self

    def add(self, member, data=b""):
        self.members.insert(0, (member, data))
        return self

    def head(self, key, value):
        """Replaces a line of the manifest."""
        return self.put("manifest", re.sub(rf"(?m)^{key} = .*$", f"{key} = {value}", self.text("manifest")))

    def seal(self):
        """Writes a manifest with the hashes, counts and numbers of lines that the files have now."""
        head = [line for line in self.text("manifest").splitlines()
                if line.split(" = ")[0] not in ("file", "count", "entries", "manifest")]
        files = [(one, data) for one, data in self.members if one.isfile() and one.name not in ("manifest", "stamp")]
        for folder in ("files", "listed", "forward", "include", "answers"):
            head.append(f"count = {folder} {sum(one.name.startswith(folder + '/') for one, _ in files)}")
        for one, data in files:
            if one.name.startswith("listed/"):
                head.append("entries = %s %d" % (one.name.removeprefix("listed/"), data.count(b"\n")))
            digest = hashlib.sha256(data).hexdigest()
            head.append(f"file = {digest} {one.mode:03o} {one.uid}:{one.gid} {one.name}")
        return self.put("manifest", "".join(line + "\n" for line in head)).seal_manifest()

    def seal_manifest(self):
        text = "".join(line + "\n" for line in self.text("manifest").splitlines() if not line.startswith("manifest = "))
        return self.put("manifest", text + f"manifest = {hashlib.sha256(text.encode()).hexdigest()}\n")

    def data(self, form=tarfile.GNU_FORMAT):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=form) as tar:
            for one, data in self.members:
                one.size = len(data) if one.isfile() else 0
                tar.addfile(one, io.BytesIO(data) if one.isfile() else None)
        return out.getvalue()


@contextlib.contextmanager
def daemon(here):
    """Runs shorthopd with the settings of the secondary, and waits until it answers."""
    with subprocess.Popen([here.program.with_name("shorthopd"), "--config", here.root / "shorthop.conf"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(200):
                if here.run("status").returncode == 0:
                    break
                time.sleep(0.1)
            yield
        finally:
            process.terminate()
