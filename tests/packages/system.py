"""A clean, booted Debian system: systemd is its PID 1, and its only network is loopback.

The system is a copy of a root of packaging/make/roots.py, with packages to install in apt's cache.
"""
import json
import os
import pathlib
import shlex
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "packaging/make"))
import roots  # noqa: E402  (from another folder)

BOOT_LIMIT = 120  # seconds until systemd reports a running system


class Failed(Exception):
    """A command inside failed; the text has its output."""


class System:
    """A booted system; use it in a with statement, which stops it and removes its files."""

    def __init__(self, root, scratch, name):
        self.name = name
        self.path = roots.copy(root, scratch / name)
        self.process = None
        self.init = None

    def __enter__(self):
        (self.path / "etc/machine-id").write_text("uninitialized\n")
        # Otherwise it would wait two minutes for a network.
        (self.path / "etc/systemd/system/systemd-networkd-wait-online.service").symlink_to("/dev/null")
        with open(f"{self.path}.console", "wb") as console:
            self.process = subprocess.Popen(
                [*roots.NSPAWN, "-D", self.path, "-b", "--private-network", "--timezone=off"],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console)
        try:
            self.wait_until("system that runs", self.is_booted, BOOT_LIMIT)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.init:
            self.run("systemctl", "--no-block", "poweroff", status=None)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        roots.remove(self.path)

    def is_booted(self):
        """Whether systemd has started all units."""
        if self.process.poll() is not None:
            console = pathlib.Path(f"{self.path}.console").read_text(errors="replace")
            raise Failed(f"{self.name} did not boot: systemd-nspawn ended\n{console[-3000:]}")
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        if not children:
            return False
        self.init = children[0]
        done = self.run("systemctl", "is-system-running", status=None)
        return done.strip() in ("running", "degraded")

    def wait_until(self, what, condition, limit=60):
        """Waits until condition() is true, and returns its value."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if result := condition():
                return result
            time.sleep(0.3)
        raise Failed(f"{self.name}: after {limit} s there is still no {what}")

    def command(self, *words):
        """The command line that runs these words inside."""
        return ["nsenter", "-t", self.init, "-a", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/",
                "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", *words]

    def run(self, *words, status=0):
        """The output of a command inside, which must exit with this status; None: any."""
        done = subprocess.run(self.command(*words), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, check=False)
        if status is not None and done.returncode != status:
            raise Failed(f"{self.name}: {shlex.join(words)}: status {done.returncode}, not {status}\n{done.stdout}")
        return done.stdout

    def start(self, *words):
        """Starts a command that runs in parallel; read its output at the end."""
        return subprocess.Popen(self.command(*words), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                stdin=subprocess.DEVNULL)

    def shell(self, line, status=0):
        return self.run("sh", "-c", line, status=status)

    def put(self, file, to):
        """Copies a file of this machine into the system."""
        target = self.path / to.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(pathlib.Path(file).read_bytes())
        target.chmod(0o755 if os.access(file, os.X_OK) else 0o644)

    def read(self, name):
        return (self.path / name.lstrip("/")).read_text()

    def process_status(self, pid):
        """/proc/PID/status of a process inside."""
        return self.run("cat", f"/proc/{pid}/status")

    def exists(self, name):
        return os.path.lexists(self.path / name.lstrip("/"))

    def apt(self, *words):
        """Runs apt-get with the packages downloaded when the root was made; there is no network."""
        return self.run("apt-get", "-q", "-y", *words)

    def daemon_status(self):
        """The output of shorthop status --json."""
        return json.loads(self.run("shorthop", "status", "--json"))

    def state_of(self, unit):
        """What systemctl is-active says."""
        return self.run("systemctl", "is-active", unit, status=None).strip()

    def service_property(self, name):
        """A property of the service."""
        return self.run("systemctl", "show", "-P", name, "shorthop.service").strip()
