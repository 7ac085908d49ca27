"""Tests of ./dev itself: what it counts, what it refuses, which packages it finds missing, and its hook."""

import os
import runpy
import shutil
import subprocess
import tempfile
from pathlib import Path

# (the end of a program's output, "PASSED FAILED SKIPPED"; None: no summary, counted as a failure)
OUTCOMES = [
    ("All tests passed (12 assertions in 3 test cases)", "3 0 0"),
    ("All tests passed (1 assertion in 1 test case)", "1 0 0"),
    ("test cases: 5 | 4 passed | 1 failed\nassertions: 9 | 8 passed | 1 failed", "4 1 0"),
    ("test cases:  15 |  11 passed | 2 failed | 2 skipped\nassertions: 9 | 9 passed", "11 2 2"),
    ("test cases: 4 | 3 failed | 1 failed as expected\nassertions: 4 | 4 failed", "1 3 0"),
    ("test cases: 2 | 2 failed", "0 2 0"),
    ("7 passed, 0 failed", "7 0 0"),
    ("7 passed, 2 failed, 13 skipped", "7 2 13"),
    ("All tests passed (1 assertion in 1 test case)\nlater\n0 passed, 1 failed", "0 1 0"),
    ("it said 7 passed, 0 failed once", None),
    ("Segmentation fault", None),
    ("", None),
]

# (arguments of ./dev, its exit status, text in its output)
COMMANDS = [
    (["help"], 0, "test [--preset PRESET] [LAYER [NAME]]"),
    ([], 0, "test [--preset PRESET] [LAYER [NAME]]"),
    (["tset"], 64, 'did you mean "test"?'),
    (["test", "unti"], 64, 'did you mean "unit"?'),
    (["test", "--preset", "assan", "unit"], 64, 'did you mean "asan"?'),
    (["test", "package"], 64, 'did you mean "packages"?'),
    (["build", "relase"], 64, 'did you mean "release"?'),
    (["bench", "resolv"], 64, 'did you mean "resolve"?'),
    (["fuzz", "adress"], 64, 'did you mean "address"?'),
    (["hok"], 64, 'did you mean "hook"?'),
]

# (layer and name, the target that ./dev test builds for them)
TARGETS = [
    ("unit text", "unit-text"),
    ("unit", "unit-tests"),
    ("unit 'a part of a title'", "unit-tests"),
    ("case", "case"),
    ("fuzz address", "all-fuzz"),
    ("mta", "all"),
    ("all", "all"),
]

# Programs that end in different ways, and how each is counted, "PASSED FAILED SKIPPED".
ENDINGS = [
    ("echo 3 passed, 0 failed", "3 0 0"),
    ("echo 3 passed, 0 failed; exit 1", "3 1 0"),
    ("echo 3 passed, 2 failed; exit 1", "3 2 0"),
    ("echo nothing", "0 1 0"),
    ("kill -SEGV $$", "0 1 0"),
    ("sleep 10; echo 3 passed, 0 failed", "0 1 0"),
]


def in_layers(root: Path, command: str, *words: str) -> subprocess.CompletedProcess:
    """A command in a shell that has sourced .ci/layers.sh as ./dev does."""
    return subprocess.run(["bash", "-c", f"set -euo pipefail; source .ci/layers.sh; {command}", "bash", *words],
                          cwd=root, capture_output=True, text=True, check=False)


def counts(root: Path, output: str, wanted: str | None) -> list[str]:
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(output + "\n")
        file.flush()
        counted = in_layers(root, 'outcome "$1"', file.name).stdout.strip()
    return [] if counted == (wanted or "") else [f"counted {counted!r}, wanted {wanted!r}: {output!r}"]


def ends(root: Path, program: str, wanted: str) -> list[str]:
    result = in_layers(root, 'run_counted 1s bash -c "$1"; echo "$passed $failed $skipped"', program)
    counted = (result.stdout.strip().splitlines() or [""])[-1]
    return [] if counted == wanted else [f"counted {counted!r}, wanted {wanted!r}: {result.stdout}{result.stderr}"]


def shows_again(root: Path, program: str, wanted: str) -> list[str]:
    result = in_layers(root, 'run_counted 5s bash -c "$1" >/dev/null; close_tests', program)
    return [] if wanted in result.stdout else [f"did not say {wanted!r} again: {result.stdout}"]


def runs_at_once(root: Path) -> list[str]:
    """Two of four programs fail, one of them by its exit status only."""
    with tempfile.TemporaryDirectory() as folder:
        texts = ["echo one; echo 3 passed, 0 failed", "echo FAIL two; echo 1 passed, 1 failed", "echo four; exit 3",
                 "echo 2 passed, 0 failed, 1 skipped"]
        for number, text in enumerate(texts):
            path = Path(folder) / str(number)
            path.write_text(f"#!/bin/sh\n{text}\n")
            path.chmod(0o755)
        # What runs in the background is not waited for.
        result = in_layers(root, 'cd "$1"; sleep 30 >/dev/null 2>&1 & run_at_once release "" 0 1 2 3; kill $!; '
                                 'echo "$passed $failed $skipped"; close_tests', folder)
    output = result.stdout
    is_right = "\n6 2 1\n" in output and output.count("FAIL two") == 2 and output.count("four") == 2
    return [] if is_right else [output + result.stderr]


def closes(root: Path, tally: str, line: str, status: int) -> list[str]:
    result = in_layers(root, f"tally {tally}; close_tests")
    last = (result.stdout.splitlines() or [""])[-1]
    is_right = (last, result.returncode) == (line, status)
    return [] if is_right else [f"{tally}: said {last!r}, status {result.returncode}"]


def exits_and_says(root: Path, words: list[str], status: int, wanted: str) -> list[str]:
    result = subprocess.run(["./dev", *words], cwd=root, capture_output=True, text=True, check=False,
                            stdin=subprocess.DEVNULL)
    output = result.stdout + result.stderr
    return [] if result.returncode == status and wanted in output else [f"status {result.returncode}: {output}"]


# (exit status of a fuzz target, its output, whether that passes, expected message)
FUZZ_ENDINGS = [
    (0, "#9 DONE cov: 5 ft: 9 corp: 7/90b\nstat::number_of_executed_units: 90\nstat::average_exec_per_sec: 30\n", True,
     "90 runs"),
    (0, "nothing was run", False, "0 runs"),
    (77, "stat::number_of_executed_units: 90\nTest unit written to build/asan/x-crash-1\n", False,
     "to replay it: build/asan/bin/fuzz-x build/asan/x-crash-1"),
    ("it did not end", "", False, "exit status it did not end"),
]


def judges(root: Path, status: int | str, output: str, good: bool, words: str) -> list[str]:
    """The problems if the runner of the fuzz targets judges this end in another way."""
    runner = runpy.run_path(str(root / "tests/fuzz/run.py"))
    passed, text = runner["judge"]("x", status, output)
    return [] if passed == good and words in text else [f"judged {passed}: {text}"]


def builds(root: Path, words: str, target: str) -> list[str]:
    built = in_layers(root, f"cmake_target_of {words}").stdout.strip()
    return [] if built == target else [f"builds {built}"]


def help_installs_nothing(root: Path) -> list[str]:
    """--help after a command, where nothing but bash is installed."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("bash", "dirname", "cat"):
            Path(folder, name).symlink_to(shutil.which(name))
        problems = []
        for words in (["run", "--help"], ["test", "unit", "-h"], ["build", "--help"], ["deps", "--help"]):
            result = subprocess.run([f"{folder}/bash", "./dev", *words], cwd=root, capture_output=True, text=True,
                                    check=False, env={"PATH": folder})
            problems += check_result(result, 0, "./dev COMMAND: everything")
        return problems


def demonstration_starts_no_server(root: Path) -> list[str]:
    """./dev run must install no package of a server, because Debian's packages start their servers."""
    command = "source .ci/deps.sh; wanted .ci/packages/build tests/mta/packages.txt"
    result = subprocess.run(["bash", "-c", command], cwd=root, capture_output=True, text=True, check=True)
    names = {name for line in result.stdout.splitlines() for name in line.split()[0].split("|")}
    servers = names & {"prometheus", "postgresql", "mariadb-server", "postfix", "openssh-server", "slapd", "dnsmasq"}
    return [f"./dev run would install {server}" for server in sorted(servers)] or ([] if names else ["no package"])


def finds_missing(root: Path) -> list[str]:
    """One package is installed, one is not, and for a third one of the alternatives is."""
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("# a list\nbash  # there\n\nno-such-package  # not there\nno-such-other|dpkg # there\n")
        file.flush()
        command = 'set -euo pipefail; source .ci/deps.sh; missing "$1"'
        result = subprocess.run(["bash", "-c", command, "bash", file.name], cwd=root, capture_output=True, text=True,
                                check=False)
    return [] if result.stdout == "no-such-package not there\n" else [result.stdout + result.stderr]


HOOK = ".git/hooks/pre-commit"
MARK = "# Made by ./dev hook of shorthop."
FORMATTED, NOT_FORMATTED = "int f() { return 1; }\n", "int   f( ){return 1;}\n"
# The rules of a repository in which commits are tried: one rule, which a file named "bad" breaks.
RULES = """import pathlib, sys
bad = pathlib.Path("bad").exists()
print("FAILED the rule\\n0 passed, 1 failed" if bad else "1 passed, 0 failed")
sys.exit(bad)
"""


class Repository:
    """A git repository of its own with our ./dev in it; git reads no settings of the user or of the machine."""

    def __init__(self, root: Path):
        self._folder = tempfile.TemporaryDirectory()
        self.path = Path(self._folder.name)
        shutil.copy2(root / "dev", self.path / "dev")
        shutil.copytree(root / ".ci", self.path / ".ci")
        shutil.copy2(root / ".clang-format", self.path / ".clang-format")
        (self.path / "tests/structure").mkdir(parents=True)
        (self.path / "tests/structure/run.py").write_text(RULES)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._folder.cleanup()

    def run(self, *words: str, path: str = "") -> subprocess.CompletedProcess:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        environment |= {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(self.path),
                        "GIT_CEILING_DIRECTORIES": str(self.path.parent)}
        for who in ("AUTHOR", "COMMITTER"):
            environment |= {f"GIT_{who}_NAME": "x", f"GIT_{who}_EMAIL": "x@example.org"}
        if path:
            environment["PATH"] = path
        return subprocess.run(words, cwd=self.path, capture_output=True, text=True, check=False, env=environment,
                              stdin=subprocess.DEVNULL)

    def write(self, name: str, text: str):
        (self.path / name).write_text(text)

    def hook(self) -> str:
        return (self.path / HOOK).read_text()

    def commit(self, **options) -> subprocess.CompletedProcess:
        return self.run("git", "commit", "-q", "-m", "x", **options)


def check_result(result: subprocess.CompletedProcess, status: int, words: str) -> list[str]:
    """The problems of a command that should end with this status and print these words."""
    output = result.stdout + result.stderr
    return [] if result.returncode == status and words in output else [f"status {result.returncode}: {output}"]


def hook_is_installed(root: Path) -> list[str]:
    with Repository(root) as repository:
        problems = check_result(repository.run("./dev", "hook"), 69, "this is not a git repository")
        repository.run("git", "init", "-q")
        problems += check_result(repository.run("./dev", "hook"), 0, f"{HOOK} installed: before each commit it checks")
        first = repository.hook()
        problems += check_result(repository.run("./dev", "hook"), 0, f"{HOOK} is installed already")
        repository.write(HOOK, f"#!/bin/sh\n{MARK}\nexit 1\n")
        problems += check_result(repository.run("./dev", "hook"), 0, f"{HOOK} updated")
        is_renewed = repository.hook() == first and os.access(repository.path / HOOK, os.X_OK)
        return problems + ([] if is_renewed else ["the hook was not renewed"])


def foreign_hook_is_left_alone(root: Path) -> list[str]:
    with Repository(root) as repository:
        repository.run("git", "init", "-q")
        repository.write(HOOK, "#!/bin/sh\n# mine\n")
        problems = check_result(repository.run("./dev", "hook"), 73, "was not changed")
        return problems + ([] if repository.hook() == "#!/bin/sh\n# mine\n" else ["the hook was overwritten"])


def hook_checks_what_is_staged(root: Path) -> list[str]:
    with Repository(root) as repository:
        repository.run("git", "init", "-q")
        repository.run("./dev", "hook")
        has_format = shutil.which("clang-format-19") is not None
        repository.write("a.cpp", NOT_FORMATTED)
        repository.run("git", "add", "a.cpp")
        if has_format:
            problems = check_result(repository.commit(), 1, "not formatted as .clang-format requires: a.cpp")
        else:
            problems = check_result(repository.commit(), 0, "the format was not checked")
        repository.write("a.cpp", FORMATTED)
        repository.run("git", "add", "a.cpp")
        repository.write("a.cpp", NOT_FORMATTED)  # not staged
        return problems + (check_result(repository.commit(), 0, "") if has_format else [])


def hook_without_clang_format(root: Path) -> list[str]:
    """A PATH with nothing in it but what the hook needs."""
    with Repository(root) as repository, tempfile.TemporaryDirectory() as folder:
        repository.run("git", "init", "-q")
        repository.run("./dev", "hook")
        for name in ("bash", "sh", "git", "python3", "dirname", "grep", "cmp"):
            Path(folder, name).symlink_to(shutil.which(name))
        repository.write("a.cpp", NOT_FORMATTED)
        repository.run("git", "add", "a.cpp")
        return check_result(repository.commit(path=folder), 0,
                            "clang-format-19 is not installed, so the format was not checked")


def hook_keeps_the_rules(root: Path) -> list[str]:
    with Repository(root) as repository:
        repository.run("git", "init", "-q")
        repository.run("./dev", "hook")
        repository.write("bad", "")
        repository.run("git", "add", "dev")
        problems = check_result(repository.commit(), 1, "FAILED the rule")
        (repository.path / "bad").unlink()
        return problems + check_result(repository.commit(), 0, "")


def tests(root: Path):
    """(title, function that returns the problems)"""
    for output, wanted in OUTCOMES:
        title = f"./dev counts {wanted or 'no summary'} in: {' / '.join(output.splitlines())}"
        yield title, lambda output=output, wanted=wanted: counts(root, output, wanted)
    for program, wanted in ENDINGS:
        yield f"./dev counts {wanted} for: {program}", lambda program=program, wanted=wanted: ends(root, program, wanted)
    for tally, line, status in [("3 0 0", "3 passed, 0 failed", 0), ("3 0 1", "3 passed, 0 failed, 1 skipped", 0),
                                ("3 1 0", "3 passed, 1 failed", 1), ("0 0 0", "0 passed, 0 failed", 1)]:
        yield (f"./dev closes with: {line}",
               lambda tally=tally, line=line, status=status: closes(root, tally, line, status))
    for program, wanted in [("seq 99; echo FAIL x.y; seq 99; echo 3 passed, 1 failed", "FAIL x.y"),
                            ("echo died here; exit 3", "died here")]:
        yield (f"./dev shows again at the end: {wanted}",
               lambda program=program, wanted=wanted: shows_again(root, program, wanted))
    for words, status, wanted in COMMANDS:
        yield (f"./dev {' '.join(words)}: status {status}, says: {wanted}",
               lambda words=words, status=status, wanted=wanted: exits_and_says(root, words, status, wanted))
    for status, output, good, words in FUZZ_ENDINGS:
        yield (f"./dev fuzz: exit status {status}, {words}: {'passed' if good else 'failed'}",
               lambda status=status, output=output, good=good, words=words: judges(root, status, output, good, words))
    yield "./dev counts and shows programs that run at once", lambda: runs_at_once(root)
    yield "./dev finds the missing packages", lambda: finds_missing(root)
    yield "./dev hook installs, does nothing the second time, renews an old one", lambda: hook_is_installed(root)
    yield "./dev hook leaves alone a hook that is not its own", lambda: foreign_hook_is_left_alone(root)
    for words, target in TARGETS:
        yield f"./dev test {words} builds {target}", lambda words=words, target=target: builds(root, words, target)
    yield "./dev COMMAND --help installs nothing", lambda: help_installs_nothing(root)
    yield "./dev run installs no server", lambda: demonstration_starts_no_server(root)
    yield "the hook refuses staged files that are not formatted", lambda: hook_checks_what_is_staged(root)
    yield "the hook says that clang-format-19 is missing, and goes on", lambda: hook_without_clang_format(root)
    yield "the hook refuses a tree that breaks a rule", lambda: hook_keeps_the_rules(root)
