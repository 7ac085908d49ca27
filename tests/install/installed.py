"""Installations of one build into a temporary directory, and the installed programs' output."""
import json
import os
import re
import subprocess


def run(*words, **more):
    """Runs a process to its end, with output as text and without terminal input."""
    return subprocess.run([str(word) for word in words], text=True, capture_output=True, check=False,
                          stdin=subprocess.DEVNULL, **more)


class Installed:
    """`stage` is installed with DESTDIR and the prefix /usr; `tried` has its own directory as the prefix."""

    def __init__(self, build, scratch):
        self.build = build
        self.scratch = scratch
        self.stage = self.install("stage", "/usr", staged=True)
        self.tried = self.install("tried", scratch / "tried")

    def install(self, name, prefix, staged=False):
        """Installs, and returns the directory with the tree."""
        tree = self.scratch / name
        done = run("cmake", "--install", self.build, "--prefix", prefix,
                   env={**os.environ, **({"DESTDIR": str(tree)} if staged else {})})
        if done.returncode != 0:
            raise RuntimeError(f"cmake --install: {done.stdout}{done.stderr}")
        return tree

    def shorthop(self, *words):
        """The output of the installed tool."""
        done = run(self.stage / "usr/bin/shorthop", *words)
        if done.returncode != 0:
            raise RuntimeError(f"shorthop {words}: {done.stderr}")
        return done.stdout

    def help_section(self, section, *words):
        """(word, rest) of each line of a section of --help."""
        program = "shorthopd" if words == ("shorthopd",) else "shorthop"
        place = "usr/sbin" if program == "shorthopd" else "usr/bin"
        text = run(self.stage / place / program, *(words if program == "shorthop" else ()), "--help").stdout
        found = re.search(rf"^{section}[^\n]*:\n((?:  .*\n?)+)", text, re.MULTILINE)
        if not found:
            return []
        return [tuple(re.split(r"\s{2,}", line.strip(), maxsplit=1)) for line in found[1].splitlines()]

    def subcommands(self):
        """The names of the subcommands, in order."""
        return [words.split()[0] for words, _ in self.help_section("subcommands")]

    def settings(self):
        """The rows of the settings (name, section, default ...) from `shorthop config`."""
        return [json.loads(line) for line in self.shorthop("config", "--json").splitlines()]
