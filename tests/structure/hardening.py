"""The rule for release programs: hardened like deb-buildflags(7) hardening=+all, checked in the ELF file by readelf."""

import json
import platform
import re
import subprocess
from pathlib import Path

from tree import Problem

# What a program must have, the command that shows it, and the pattern to find in its output.
MARKS = [
    ("PIE", ["readelf", "-hdW"], r"Type:\s+DYN[\s\S]*FLAGS_1.*\bPIE\b"),
    ("RELRO", ["readelf", "-lW"], r"\bGNU_RELRO\b"),
    ("BIND_NOW", ["readelf", "-dW"], r"\b(BIND_NOW|FLAGS_1.*\bNOW)\b"),
    ("a stack that is not executable", ["readelf", "-lW"], r"GNU_STACK\s+(0x\w+\s+){5}RW\s"),
    ("the stack protector", ["readelf", "-sW", "--dyn-syms"], r"\b__stack_chk_fail\b"),
]
# An indirect branch may only lead to an endbr64 instruction. main() is called by such a branch, so it begins with one.
X86_MARKS = [("control-flow protection", ["objdump", "-d", "--no-show-raw-insn", "--disassemble=main"],
              r"<main>:\s+[0-9a-f]+:\s+endbr64\b")]
# FORTIFY leaves no certain mark in a file (a program may call no guarded function): check the command lines.
FLAGS = ["-D_FORTIFY_SOURCE=2", "-fstack-protector-strong", "-fstack-clash-protection"]
X86_FLAGS = ["-fcf-protection"]


def on_x86() -> bool:
    return platform.machine() == "x86_64"


def program_is_hardened(program: Path) -> list[Problem]:
    problems = []
    for what, command, words in MARKS + (X86_MARKS if on_x86() else []):
        shown = subprocess.run([*command, program], capture_output=True, text=True, check=True).stdout
        if not re.search(words, shown):
            problems.append(Problem(str(program), f"built without {what}"))
    return problems


def commands_are_hardened(database: Path) -> list[Problem]:
    """compile_commands.json: each source of milter/ is compiled with the flags, and optimised (needed for FORTIFY)."""
    problems = []
    for entry in json.loads(database.read_text()):
        words = entry["command"].split()
        if "/milter/" not in entry["file"]:
            continue
        problems += [Problem(entry["file"], f"compiled without {flag}")
                     for flag in FLAGS + (X86_FLAGS if on_x86() else []) if flag not in words]
        if not any(re.fullmatch(r"-O[1-3s]", word) for word in words):
            problems.append(Problem(entry["file"], "compiled without optimisation: FORTIFY does nothing then"))
    return problems


def release_is_hardened(bin_folder: Path) -> list[Problem]:
    problems = []
    for name in ("shorthopd", "shorthop"):
        program = bin_folder / name
        problems += (program_is_hardened(program) if program.is_file() else
                     [Problem(str(program), "is not built: ./dev build release")])
    return problems + commands_are_hardened(bin_folder.parent / "compile_commands.json")
