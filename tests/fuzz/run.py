#!/usr/bin/env python3
"""Runs the fuzz targets for some time each, in parallel on all processors.

run.py [--seconds N] [--show] [TARGET]: runs the programs of the preset asan (libFuzzer), which ./dev builds. Inputs
that reach new code go to build/asan/corpus, where the next run starts. An input on which a target fails is kept in
build/asan; once the program is fixed, move it to tests/fuzz/corpus/TARGET. --show prints libFuzzer's output.
The last line is "N passed, N failed".
"""

import argparse
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SEEDS = Path("tests/fuzz/corpus")  # relative to ROOT, like all paths here: they can be typed as printed
BUILT = Path("build/asan")

SEED = os.environ.get("SHORTHOP_SEED")  # a number above 0; not set: libFuzzer takes another one in each run
LIMITS = ["-timeout=10", "-rss_limit_mb=2048"]  # seconds for one input; memory limit for hostile input
PATIENCE = 60  # seconds beyond the target's time, to start and to end
SHOWN_LINES = 40  # of the output of a failed target


def targets() -> list[str]:
    return sorted(path.name for path in (ROOT / SEEDS).iterdir() if path.is_dir())


def command_of(target: str, seconds: int) -> list[str]:
    return [str(BUILT / "bin" / f"fuzz-{target}"), f"-max_total_time={seconds}", *LIMITS,
            *([f"-seed={SEED}"] if SEED else []), "-print_final_stats=1",
            f"-artifact_prefix={BUILT}/{target}-", str(BUILT / "corpus" / target), str(SEEDS / target)]


def environment() -> dict[str, str]:
    """With these options a finding ends the program. Temporary files go to build/asan/tmp."""
    temporary = ROOT / BUILT / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    return {**os.environ, "TMPDIR": str(temporary), "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
            "ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1"}


def last_number(pattern: str, text: str) -> int:
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def run(target: str, seconds: int, show: bool) -> tuple[bool, str]:
    """Returns whether the target passed, and the lines to print."""
    log = ROOT / BUILT / f"{target}.log"
    command = command_of(target, seconds)
    (ROOT / BUILT / "corpus" / target).mkdir(parents=True, exist_ok=True)
    if not (ROOT / command[0]).is_file():
        return False, f"FAILED {target}: there is no {command[0]} (fix: ./dev build asan all-fuzz)"
    with log.open("wb") as output:
        try:
            status = subprocess.run(command, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL, check=False,
                                    stdout=None if show else output, stderr=None if show else subprocess.STDOUT,
                                    timeout=seconds + PATIENCE).returncode
        except subprocess.TimeoutExpired:
            status = "it did not end"
    return (status == 0, "") if show else judge(target, status, log.read_text(errors="replace"))


def judge(target: str, status: int | str, output: str) -> tuple[bool, str]:
    runs = last_number(r"stat::number_of_executed_units:\s*(\d+)", output)
    speed = last_number(r"stat::average_exec_per_sec:\s*(\d+)", output)
    corpus = last_number(r"\bcorp: (\d+)/", output)
    good = status == 0 and runs > 0
    line = f"{'ok    ' if good else 'FAILED'} {target:<18} {runs:>10} runs {speed:>8}/s {corpus:>6} inputs in the corpus"
    if good:
        return True, line
    lines = [line, f"       exit status {status}; the end of {BUILT}/{target}.log:"]
    lines += [f"       {text}" for text in output.splitlines()[-SHOWN_LINES:]]
    for artifact in re.findall(r"Test unit written to (\S+)", output):
        lines.append(f"       the input is kept; to replay it: {BUILT}/bin/fuzz-{target} {artifact}")
    return False, "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--show", action="store_true", help="print what libFuzzer says, one target after the other")
    parser.add_argument("target", nargs="?", help="only this one")
    options = parser.parse_args()
    wanted = [name for name in targets() if options.target in (None, name)]
    processors = 1 if options.show else len(os.sched_getaffinity(0))
    print(f"fuzz targets: {len(wanted)}, {options.seconds} s each, {processors} at once")
    passed = failed = 0
    with ThreadPoolExecutor(processors) as pool:
        for good, text in pool.map(lambda target: run(target, options.seconds, options.show), wanted):
            passed, failed = (passed + 1, failed) if good else (passed, failed + 1)
            print(text, flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
