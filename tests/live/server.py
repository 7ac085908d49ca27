"""A real database server of Debian for tests: in a temporary directory, as an unprivileged user, on a UNIX socket and a
loopback port of its own. The system's own servers are neither used nor changed.

    with PostgreSql() as server:
        server.run_sql("CREATE TABLE alias (address text, goto text);")
        table_file = server.parameters() + "query = SELECT goto FROM alias WHERE address='%s'\\n"
"""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

START_SECONDS = 120  # on a busy machine
STOP_SECONDS = 60
SBIN = [pathlib.Path("/usr/sbin")]  # not in every PATH
UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root


class ServerFailed(Exception):
    """The server is not installed, or did not start or answer; the text says why and what to do."""


def free_port():
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def program(name, package, *folders):
    """The path of a program: in PATH, or in one of the folders."""
    found = shutil.which(name) or next((str(folder / name) for folder in folders if (folder / name).is_file()), None)
    if found is None:
        raise ServerFailed(f"{name} is missing: install the package {package}")
    return found


def children_of(pid):
    """All processes below a process: some servers start one for each connection."""
    children = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int(entry.joinpath("stat").read_text().rpartition(")")[2].split()[1])
            except OSError:  # it has ended
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found = list(children.get(pid, []))
    for child in found:
        found += children.get(child, [])
    return found


def states_of(pid):
    """The state of each thread of a process (proc(5)); Z: the thread has ended. Empty if the process is gone."""
    states = []
    for stat in pathlib.Path(f"/proc/{pid}/task").glob("*/stat"):
        try:
            states.append(stat.read_text().rpartition(")")[2].split()[0])
        except OSError:  # it has ended
            continue
    return states


def is_stopped(pid):
    """Whether every thread of the process is stopped; also true if the process has ended."""
    return all(state in "TZ" for state in states_of(pid))


def wait_until(condition, failure):
    end = time.monotonic() + STOP_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise ServerFailed(failure)
        time.sleep(0.01)


class Server:
    """The common part of all servers. A subclass says how to make the data, start the program and ask it."""

    database = "mail"
    user = "mail"
    password = "it's a \\ secret"  # must be quoted everywhere
    end_signal = signal.SIGTERM

    def __init__(self, inside=(), listens="127.0.0.1"):
        """`inside`: words before the server's command, such as nsenter(1); `listens`: the address for the port."""
        self.inside = list(inside)
        self.listens = listens
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"shorthop-{type(self).__name__.lower()}-"))
        self.port = free_port()
        self.process = None
        try:
            os.chmod(self.folder, 0o755)
            for name in ("data", "run"):
                (self.folder / name).mkdir()
                if os.geteuid() == 0:
                    shutil.chown(self.folder / name, UNPRIVILEGED)
            self.create()
            self.start()
            self.prepare()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # For subclasses.
    def create(self):
        """Makes the data of an empty server."""
        raise NotImplementedError

    def command(self):
        """The command that runs the server in the foreground, as a list of words."""
        raise NotImplementedError

    def client(self, database):
        """The command that runs SQL from standard input as the superuser, as a list of words."""
        raise NotImplementedError

    def prepare(self):
        """Makes the database and the user, in the running server."""
        raise NotImplementedError

    def parameters(self, **others):
        """The lines of a table file that name this server and the login."""
        raise NotImplementedError

    # For tests.
    def start(self):
        """Starts the server on the same data and addresses, and waits until it answers."""
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([*self.inside, *self.unprivileged(self.command())], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, cwd=self.folder)
        end = time.monotonic() + START_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > end:
                raise ServerFailed(f"{type(self).__name__} did not start: {self.log()[-2000:]}")
            time.sleep(0.05)

    def stop(self, how=None):
        """Ends the server by a signal, and waits until it has ended. SIGKILL ends its child processes as well."""
        how = how or self.end_signal
        if self.process is None or self.process.poll() is not None:
            return
        self.resume()
        below = children_of(self.process.pid)
        self.process.send_signal(how)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pid in below if how == signal.SIGKILL else []:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            # Until it has ended, PostgreSQL's shared memory is in use, and a new server does not start.
            wait_until(lambda pid=pid: all(state == "Z" for state in states_of(pid)), f"process {pid} does not end")

    def kill(self):
        self.stop(signal.SIGKILL)

    def suspend(self):
        """Stops all processes of the server (SIGSTOP), and waits until they have stopped. The kernel still accepts
        connections, but nothing answers on them."""
        self.signal_all(signal.SIGSTOP)
        wait_until(lambda: all(map(is_stopped, [self.process.pid, *children_of(self.process.pid)])),
                   "the server does not stop")

    def resume(self):
        self.signal_all(signal.SIGCONT)

    def run_sql(self, text, database=None):
        """Runs SQL as the superuser, and returns what the client prints."""
        result = subprocess.run(self.client(database or self.database), input=text, capture_output=True, text=True,
                                timeout=START_SECONDS, check=False)
        if result.returncode != 0:
            raise ServerFailed(f"{type(self).__name__}: {result.stderr.strip()}")
        return result.stdout

    def close(self):
        """Ends the server and removes everything."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    # Helpers.
    def make_certificate(self):
        """Makes a self-signed certificate for 127.0.0.1, in ca_file(). Only the server can read its key."""
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3", "-subj",
                        "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", self.key_file(),
                        "-out", self.ca_file()], check=True, capture_output=True)
        os.chmod(self.key_file(), 0o600)
        if os.geteuid() == 0:
            shutil.chown(self.key_file(), UNPRIVILEGED)

    def ca_file(self):
        return self.folder / "certificate"

    def key_file(self):
        return self.folder / "key"

    def answers(self):
        result = subprocess.run(self.client(self.first_database), input="SELECT 1;", capture_output=True, text=True,
                                timeout=START_SECONDS, check=False)
        return result.returncode == 0

    def log(self):
        return (self.folder / "log").read_text("utf-8", "replace")

    def signal_all(self, number):
        if self.process is None or self.process.poll() is not None:
            return
        for pid in [self.process.pid, *children_of(self.process.pid)]:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue

    @staticmethod
    def unprivileged(words):
        """Extends a command: it ends when its parent ends, and runs unprivileged even if the test runs as root."""
        account = ["--reuid", UNPRIVILEGED, "--regid", "nogroup", "--clear-groups"] if os.geteuid() == 0 else []
        return ["setpriv", *account, "--pdeathsig", "KILL", *map(str, words)]

    def run_unprivileged(self, *words):
        """Runs a program to its end, as the unprivileged user."""
        result = subprocess.run(self.unprivileged(words), capture_output=True, text=True, cwd=self.folder, check=False,
                                timeout=START_SECONDS, env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8",
                                                            "HOME": str(self.folder)})
        if result.returncode != 0:
            raise ServerFailed(f"{words[0]}: {(result.stderr or result.stdout).strip()[-2000:]}")
