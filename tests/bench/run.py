"""All benchmarks, or one: python3 tests/bench/run.py --bin BUILD/bin [resolve|milter|live|faults|discover]. `./dev bench` calls it.

Exit status: the highest of the benchmarks: 0 if every goal was met, 1 if a goal was missed, another if a benchmark
could not be run.
"""
import argparse
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def benchmarks(bin_folder):
    """name -> commands."""
    python = [sys.executable]
    return {
        "resolve": [[*python, HERE / "resolve.py", "--bin", bin_folder]],
        "milter": [[bin_folder / "bench-milter"], [*python, HERE / "through_postfix.py", "--bin", bin_folder]],
        "discover": [[*python, HERE / "discover.py", "--bin", bin_folder]],
        "live": [[*python, HERE / "live.py", "--bin", bin_folder]],
        "faults": [[*python, HERE / "faults.py", "--bin", bin_folder]],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="the folder with the programs of a release build")
    parser.add_argument("name", nargs="?", choices=["resolve", "milter", "live", "faults", "discover"], help="only this one")
    options = parser.parse_args()
    worst = 0
    for name, commands in benchmarks(options.bin.resolve()).items():
        if options.name in (None, name):
            for command in commands:
                print(f"== bench {name}", flush=True)
                worst = max(worst, subprocess.run(command, check=False).returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main())
