"""The hosts of DESIGN 1 as settings and tables in a temporary directory, and functions that run the built tool."""

import os
import subprocess
import tempfile
from pathlib import Path

FILES = {
    "shorthop.conf": """\
mode             = rewrite
socket           = unix:milter.sock
postfix-config   = none
control          = unix:control.sock
local-domains    = example.com mail.example.com
local-recipients = text:local-recipients
""",
    "relay.d/example.org.conf": """\
domains            = example.org
primary            = 192.0.2.10
virtual-alias-maps = text:../virtual
alias-maps         = text:../aliases
primary-domains    = example.org
arrives-here       = example.com
""",
    "virtual": "user.lastname@example.org  user@example.org\n",
    "aliases": "user: user@example.com\n",
    "local-recipients": "user\n",
}
LIMIT = 60  # seconds, for a sanitizer's build on a busy machine


class World:
    def __init__(self, program: Path):
        self.program = str(program)
        self._directory = tempfile.TemporaryDirectory(prefix="shorthop-tool-")
        self.root = Path(self._directory.name)
        for name, text in FILES.items():
            self.write(name, text)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._directory.cleanup()

    def write(self, name: str, text: str):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def words(self, *words: str) -> list[str]:
        return [self.program, "--config", str(self.root / "shorthop.conf"), *words]

    def run(self, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess:
        return subprocess.run(self.words(*words), input=stdin, capture_output=True, timeout=LIMIT, check=False)

    def shell(self, script: str) -> subprocess.CompletedProcess:
        """Runs a script in which "$@" is the tool with the settings of this world."""
        return subprocess.run(["bash", "-c", script, "bash", *self.words()], capture_output=True, timeout=LIMIT,
                              check=False)

    def start(self, *words: str) -> subprocess.Popen:
        return subprocess.Popen(self.words(*words), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)

    def peak_memory(self, *words: str, stdin_file: Path) -> int:
        """The tool's peak memory in KiB; its output is discarded."""
        with open(stdin_file, "rb") as lines, open(os.devnull, "wb") as nowhere:
            child = subprocess.Popen(self.words(*words), stdin=lines, stdout=nowhere)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        assert child.returncode == 0, f"exit status {child.returncode}"
        return usage.ru_maxrss
