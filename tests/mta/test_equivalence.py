"""Equivalence for random worlds of the seed SHORTHOP_SEED, and for stored worlds.
Each feature of worlds_features.py is in one of the random worlds.

SHORTHOP_SEED=SEED ./dev test mta equivalence runs the same worlds again; ./dev equivalence runs more of them.
"""
import os
import pathlib

import equivalence
import worlds_features
import worlds_random
from worlds import World

SYSTEMS = {"second": "postfix"}
WORLDS = 8
SENDS = 20  # for each world with one feature
KEPT = pathlib.Path(__file__).resolve().parent / "worlds"
FAILURES = pathlib.Path("build/equivalence")
SHRINK_SECONDS = 60
LEAST_SHARE = 0.95  # of a hundred recipients; ./dev equivalence, with thousands, requires more


def run(mta, worlds):
    bench = equivalence.Bench(mta.hosts, mta.daemon)
    said = []
    *_, total = equivalence.compare(bench, worlds, FAILURES, SHRINK_SECONDS, said.append)
    mta.check(not total.kinds and not total.refused, "\n".join(said))
    return total, said


def seed_of_run():
    return os.environ["SHORTHOP_SEED"]


def test_random_worlds_end_alike(mta):
    seed = seed_of_run()
    total, said = run(mta, [worlds_random.make_world(seed, number) for number in range(1, WORLDS + 1)])
    print(f"        {total.text(seed, 0).splitlines()[0]}, share {total.share:.2%}, seed {seed}")
    mta.check(total.share >= LEAST_SHARE, "\n".join(said + [total.text(seed, 0)]))
    # A comparison in which nothing or everything was replaced would prove little.
    mta.check(total.rewritten and any(reason.startswith("keep") for reason in total.reasons), f"{total.reasons}")


def test_worlds_with_each_feature_end_alike(mta):
    seed = seed_of_run()
    worlds = [worlds_random.make_world(seed, name, SENDS, [name]) for name in worlds_features.SHARES]
    total, _ = run(mta, worlds)
    print(f"        {total.text(seed, 0).splitlines()[0]}, share {total.share:.2%}, seed {seed}")
    mta.check(not total.never_drawn(), f"no world has {', '.join(total.never_drawn())}")


def test_worlds_that_were_kept_end_alike(mta):
    paths = sorted(KEPT.glob("*.world"))
    mta.check(paths, f"there is no world in {KEPT}")
    run(mta, [World.from_json(path.read_text()) for path in paths])
