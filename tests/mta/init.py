"""Process 1 of a world of private hosts: reaps orphans and ends with its standard input.

When the process that made the world ends, for whatever reason, the pipe closes, process 1 exits, and the kernel
kills everything else in the pid namespace (pid_namespaces(7)). So cleanup is certain.
A line "keep" lets the world outlive its maker, until process 1 gets SIGTERM. Argument: the world's folder.
"""
import os
import signal
import subprocess
import sys


def reap(*_):
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def end(*_):
    # Later no process is left to remove the folder. It is empty once the file system on it is unmounted.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    subprocess.run(["umount", "--lazy", sys.argv[1]], check=False)
    os.rmdir(sys.argv[1])
    os._exit(0)


signal.signal(signal.SIGCHLD, reap)
print("ready", flush=True)
for line in sys.stdin:
    if line == "keep\n":
        signal.signal(signal.SIGTERM, end)
        print("kept", flush=True)
        while True:
            signal.pause()
