"""Kills: one table, one row per kind of process that is killed (SIGKILL) at random moments.

`loop` kills the process that searches, `workers` kills workers of a search that goes on, `loop over
workers` the process that searches with workers, `ray node` the raylet of one of a cluster's two
nodes, after which another node joins. `database connection` kills the PostgreSQL process behind a
session of one of two searches that share a study, `database server` kills the server, which is
started again. Trainings replay a curve, so that many kills take minutes; `trained TARGET` trains a
tiny random model. A search that is gone is started again; a study that ends in between is asked for
more trials. At the end it may finish.

Lost are trials that were asked for and have no result, or whose result changed; doubled are trials
that the database or the folder holds twice, and epochs that a history holds twice. Zombies are
processes of the search that live on when it has ended. The database is consistent when it holds
each trial once, ended, with the score of the folder.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.support.report import environment, print_table, write_figures
from benchmarks.support.setting import build_model, data_source, make_parser, parse
from benchmarks.support.storm import Storm
from benchmarks.support.storm_damage import Damage, assess, left_over
from benchmarks.support.storm_targets import TARGETS

TINY = {"targets": "loop:1"}
TRAINED = "trained "
USUAL = (
    "loop:16,trained loop:2,workers:16,trained workers:5,loop over workers:14,ray node:14,"
    "trained ray node:1,database connection:16,database server:16"
)
COLUMNS = ("killed", "kills", "asked", "finished", "lost", "doubled", "restarted", "zombies", "db")


def weather(target: str, kills: int, seed: int, model: str) -> Damage:
    """Kill one kind of process so many times and return what that did."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "storm"
        trained = model if target.startswith(TRAINED) else None
        with TARGETS[target.removeprefix(TRAINED)](target, folder, trained) as opened:
            storm = Storm(target=opened, folder=folder, dice=random.Random(seed))
            storm.run(kills)
            damage = assess(storm)
        return damage.with_left_over(left_over(storm, only_search=False))


def row(damage: Damage) -> tuple[str, ...]:
    """Return the line of a table."""
    counts = (damage.kills, damage.asked, damage.finished, damage.lost, damage.doubled)
    further = (damage.restarted, damage.zombies)
    consistent = "yes" if damage.consistent else "NO"
    return (damage.target, *map(str, (*counts, *further)), consistent)


def total(damages: Sequence[Damage]) -> Damage:
    """Return the sum of all rows."""
    names = ("kills", "asked", "finished", "lost", "doubled", "restarted", "zombies")
    sums = {name: sum(getattr(damage, name) for damage in damages) for name in names}
    return Damage(target="all", consistent=all(each.consistent for each in damages), **sums)


def main(arguments: Sequence[str] | None = None) -> None:
    """Kill, count, print, write."""
    parser = make_parser(__doc__, "runs/benchmarks/kill_storm.json")
    parser.add_argument(
        "--targets", default=USUAL, help="what to kill and how often, by comma (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of the moments")
    options = parse(parser, arguments, TINY)
    start, damages = environment(), list[Damage]()
    with tempfile.TemporaryDirectory() as scratch:
        model = str(build_model(data_source(options.data), Path(scratch)))
        for target in options.targets.split(","):
            name, _, kills = target.partition(":")
            damages.append(weather(name, int(kills or 10), options.seed, model))
            print_table(f"Killed: {name}", COLUMNS, [row(damages[-1])])
    print_table("Searches under kills", COLUMNS, [*map(row, damages), row(total(damages))])
    write_figures(options.output, start, damages=damages)


if __name__ == "__main__":
    main()
