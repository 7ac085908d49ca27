"""Private hosts as Linux namespaces, each with its own processes, mounts, host name and network.

A World is one pid namespace that contains all hosts, and a network without a connection to the outside.
Not here: the programs on the hosts (postfix.py, daemon.py) and their file systems (rootfs.py).
Source: namespaces(7), unshare(1), nsenter(1), pivot_root(8).
"""
import ctypes
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

SKIPPED = 77  # exit status of a test that cannot run here
CLONE_NEWNET = 0x40000000
TOOLS = ("unshare", "nsenter", "pivot_root", "mount", "ip", "dnsmasq")
UNSHARE = ("unshare", "--net", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc",
           "--propagation", "private")
KEPT_BY_SUDO = ("XDG_CACHE_HOME", "HOME", "PYTHONDONTWRITEBYTECODE")
HERE = pathlib.Path(__file__).resolve().parent

_libc = ctypes.CDLL(None, use_errno=True)


class Unavailable(Exception):
    """This machine cannot have private hosts; the text says what is needed."""


class CommandFailed(Exception):
    """A command on a private host failed; the text has its output."""


def search_path():
    # ip, dnsmasq and pivot_root are in sbin, which may be missing from a user's PATH.
    return os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin"


def require_namespaces():
    """Raises Unavailable unless this process may make private hosts."""
    missing = [tool for tool in TOOLS if not shutil.which(tool, path=search_path())]
    if missing:
        raise Unavailable(f"private hosts need the programs {', '.join(missing)}: run `./dev deps`")
    if os.geteuid() != 0:
        raise Unavailable("private hosts need root (network, mount and pid namespaces): run it as root or with sudo")
    probe = subprocess.run(
        [*UNSHARE, "true"], capture_output=True, text=True, check=False, env={**os.environ, "PATH": search_path()})
    if probe.returncode != 0:
        raise Unavailable("this system forbids new network, mount and pid namespaces "
                          f"({probe.stderr.strip()}): a container needs CAP_SYS_ADMIN and CAP_NET_ADMIN, "
                          "a chroot must be a mount point (mount --bind DIR DIR before chroot DIR)")


def become_root(why):
    """Starts this program again under sudo. Does nothing if the program already runs as root, or if sudo is missing."""
    if os.geteuid() == 0 or not shutil.which("sudo"):
        return
    print(f"{why} needs root for its namespaces; asking sudo", file=sys.stderr, flush=True)
    kept = [f"{name}={os.environ[name]}" for name in KEPT_BY_SUDO if name in os.environ]
    os.execvp("sudo", ["sudo", "--", "env", *kept, sys.executable, *sys.argv])


def child_of(parent):
    """The pid of the only child of one of our processes, or None while there is none."""
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            stat = pathlib.Path(entry.path, "stat").read_text()
        except OSError:
            continue  # it has ended meanwhile
        if int(stat.rpartition(")")[2].split()[1]) == parent:
            return int(entry.name)
    return None


def inner_pid(pid):
    """The process's number in its innermost pid namespace."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("NSpid:"):
            return int(line.split()[-1])
    raise Unavailable("the kernel has no NSpid in /proc/PID/status: pid namespaces are missing")


class Place:
    """The namespaces of one process: commands, sockets and files in them."""

    def __init__(self, pid):
        self.pid = pid

    def path(self, name):
        """The path of a file of that place, as seen from here. Absolute symbolic links lead to files of this machine."""
        return pathlib.Path(f"/proc/{self.pid}/root") / str(name).lstrip("/")

    def command(self, *words, user=None, group=None):
        # --root and --wd of the process: in a chroot they differ from the root of its mount namespace.
        enter = ["nsenter", "--target", str(self.pid), "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd"]
        if group is not None:
            enter.append(f"--setgid={group}")
        if user is not None:
            enter.append(f"--setuid={user}")
        return [*enter, "--", *map(str, words)]

    def run(self, *words, check=True, text=True, user=None, group=None, timeout=60, **more):
        result = subprocess.run(self.command(*words, user=user, group=group), text=text, check=False,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout,
                                start_new_session=True, env=self.environment(), **more)
        if check and result.returncode != 0:
            raise CommandFailed(f"{' '.join(map(str, words))}: exit status {result.returncode}\n{result.stdout}")
        return result

    def start(self, *words, user=None, group=None, **more):
        # In its own session: Ctrl-C reaches only the process that made the world.
        return subprocess.Popen(self.command(*words, user=user, group=group), start_new_session=True,
                                env=self.environment(), **more)

    @staticmethod
    def environment():
        return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}

    def in_network(self, action):
        """Runs action() while this thread is in the network of that place, and returns the result of action(). Sockets
        that action() makes stay in that network."""
        with open("/proc/thread-self/ns/net", "rb") as here, open(f"/proc/{self.pid}/ns/net", "rb") as there:
            _enter_network(there.fileno())
            try:
                return action()
            finally:
                _enter_network(here.fileno())

    def connect(self, address, port, timeout=30):
        return self.in_network(lambda: socket.create_connection((address, port), timeout=timeout))


def _enter_network(descriptor):
    if _libc.setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


class World(Place):
    """A pid namespace and a network without an exit; closing it kills everything inside.

    require_namespaces() raises Unavailable if this machine cannot have a World.
    """

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="shorthop-mta-"))
        self.holders = []
        self.process = None
        try:
            self.process = subprocess.Popen(
                [*UNSHARE, sys.executable, "-I", "-S", str(HERE / "init.py"), str(self.directory)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
                env={**self.environment(), "PATH": search_path()})
            if self.process.stdout.readline() != b"ready\n":
                raise Unavailable("process 1 of the private hosts did not start")
            super().__init__(child_of(self.process.pid))
            self.run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", self.directory)
            self.run("ip", "link", "set", "lo", "up")
        except BaseException:
            self.close()
            raise

    def hold(self, script):
        """A new place inside this world. The script runs in its namespaces, which exist until the world is closed."""
        holder = self.start("unshare", "--net", "--mount", "--uts", "--propagation", "private",
                            "sh", "-ec", script + "\necho ready\nexec sleep infinity",
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.holders.append(holder)
        output = holder.stdout.readline()
        if output != b"ready\n":
            output += holder.stdout.read()
            raise Unavailable(f"a private host could not be set up: {output.decode(errors='replace').strip()}")
        return Place(child_of(holder.pid))

    def keep(self):
        """Lets the world outlive this process; SIGTERM to self.pid ends it."""
        self.process.stdin.write(b"keep\n")
        self.process.stdin.flush()
        if self.process.stdout.readline() != b"kept\n":
            raise Unavailable("process 1 of the private hosts does not answer")
        self.process = None
        self.holders = []
        self.directory = None

    def close(self):
        """Ends every process of this world; may be called twice."""
        if self.process:
            self.process.stdin.close()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()  # --kill-child: process 1 is killed too, and with it all others
                self.process.wait()
            self.process.stdout.close()
            self.process = None
        for holder in self.holders:
            holder.wait()
            holder.stdout.close()
        self.holders = []
        if self.directory:
            self.directory.rmdir()
            self.directory = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def in_threads(actions):
    """Runs the actions in parallel and raises the first error."""
    errors = []

    def guarded(action):
        try:
            action()
        except BaseException as error:  # handed to the caller below
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
