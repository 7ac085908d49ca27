"""Tests completion in a real bash and a real zsh on a terminal: types keys and reads the resulting arguments."""
import os
import pty
import re
import select
import subprocess
import time

TIME_LIMIT = 20  # seconds for a shell to start or to answer


class Shell:
    """An interactive shell in which shorthop and shorthopd print their arguments."""

    def __init__(self, words, setup):
        self.master, slave = pty.openpty()
        environment = {"PATH": os.environ["PATH"], "TERM": "dumb", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", "PS1": "$ "}
        self.process = subprocess.Popen(words, stdin=slave, stdout=slave, stderr=slave, env=environment,
                                        start_new_session=True)
        os.close(slave)
        self.output = ""
        self.type(setup + "\necho rea''dy\n")
        if not self.wait_for(r"\nready\r"):
            raise RuntimeError(f"{words[0]} does not start: {self.output}")

    def type(self, keys):
        os.write(self.master, keys.encode())

    def wait_for(self, pattern):
        """Waits for the pattern in the output after the previous match; returns the match, or None if time runs out."""
        end = time.monotonic() + TIME_LIMIT
        while time.monotonic() < end:
            if match := re.search(pattern, self.output):
                self.output = self.output[match.end():]
                return match
            if select.select([self.master], [], [], 0.2)[0]:
                try:
                    self.output += os.read(self.master, 65536).decode(errors="replace")
                except OSError:
                    break
        return None

    def given(self, keys):
        """Types these keys and returns the arguments of the command. After each TAB it waits until the output stops."""
        for part in re.split(r"(\t)", keys):
            self.type(part)
            if part == "\t":
                self.settle()
        self.type("\n")
        found = self.wait_for(r"GIVEN:<([^>]*)>")
        return found[1] if found else f"nothing: {self.output}"

    def settle(self):
        while select.select([self.master], [], [], 0.4)[0]:
            self.output += os.read(self.master, 65536).decode(errors="replace")

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)


def bash(installed):
    file = installed.stage / "usr/share/bash-completion/completions/shorthop"
    return Shell(["bash", "--norc", "--noprofile", "-i"],
                 "shorthop() { echo \"GIVEN:<$*>\"; }; shorthopd() { echo \"GIVEN:<$*>\"; }; "
                 f"bind 'set bell-style none'; bind 'set enable-bracketed-paste off'; . {file}")


def zsh(installed):
    folder = installed.stage / "usr/share/zsh/site-functions"
    return Shell(["zsh", "-f", "-i"],
                 "shorthop() { print -r -- \"GIVEN:<$*>\" }; shorthopd() { print -r -- \"GIVEN:<$*>\" }; "
                 f"unsetopt zle_bracketed_paste prompt_cr prompt_sp; fpath=({folder} $fpath); "
                 "autoload -Uz compinit; compinit -u -D")


def shortest_unique(name, names):
    """The shortest unique prefix of a name."""
    for length in range(1, len(name) + 1):
        if sum(other.startswith(name[:length]) for other in names) == 1:
            return name[:length]
    return name


def keys_and_results(installed):
    """(keys, expected arguments) for every subcommand and each of its long options."""
    names = installed.subcommands()
    for name in names:
        yield f"shorthop {shortest_unique(name, names)}\t", name
        options = [words.split()[0] for words, _ in installed.help_section("options", name)]
        for option in options:
            yield f"shorthop {name} {shortest_unique(option, options)}\t", f"{name} {option}"
    config = installed.stage / "etc/shorthop/shorthop.conf"
    yield f"shorthop --config {str(config)[:-3]}\t stat\t", f"--config {config} status"
    yield f"shorthopd --conf\t {str(config)[:-3]}\t", f"--config {config}"


def completes(installed, shell_of):
    shell = shell_of(installed)
    problems = []
    try:
        for keys, wanted in keys_and_results(installed):
            given = shell.given(keys)
            # zsh writes "--config=" if a value must follow.
            if " ".join(given.replace("--config= ", "--config=").replace("=", " ").split()) != wanted.replace("=", " "):
                problems.append(f"{keys!r} gives {given!r}, not {wanted!r}")
    finally:
        shell.close()
    return problems


def tests(installed):
    """(title, function that returns the problems)"""
    yield "bash completes every subcommand and option, and file names", lambda: completes(installed, bash)
    yield "zsh completes every subcommand and option, and file names", lambda: completes(installed, zsh)
