"""How much too good the score is that a search reports, before and after its confirmation.

The best of many scores on one development split is partly luck (the winner's curse). So small
searches are done, and the settings that each would name are trained again with fresh seeds, which
took no part in anything. A search names settings in three ways, each with the score it reports:

* `best single score`: the trial whose one score is highest, with that score;
* `mean of all seeds`: the winner after the confirmation, with the mean over the seed of the search
  and the further ones;
* `mean of further seeds`: the same winner, with the mean over the further seeds alone, which its
  own score did not choose.

Optimism is the reported score minus the mean development F1 of the fresh seeds, and, as a user of
the model would see it, minus their mean test F1. Each study has sentences of its own (train,
development and test are drawn anew), so studies are repetitions: the error is the standard error of
the mean over them. The test split also has other sentences, so the second difference holds more
than luck in the choice; `fresh test F1` alone tells which choice was better.

The RATIO is the optimism of the best single score over that after the confirmation.

The same command goes on after an interruption: what the journals beside `--output` hold is not
repeated.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.support.fresh_seeds import (
    ALL_SEEDS,
    FURTHER,
    SINGLE,
    Fresh,
    Searched,
    run_study,
    train_fresh,
)
from benchmarks.support.journal import Journal
from benchmarks.support.report import environment, print_table, write_figures
from benchmarks.support.setting import make_parser, parse
from benchmarks.support.smaller import add_cuts, settings_from
from benchmarks.support.standard_error import mean_with_error

TINY = {
    "studies": 1,
    "trials": 2,
    "confirm": 1,
    "fresh": 1,
    "space": str(Path(__file__).parent / "spaces" / "tiny.toml"),
}
FIRST_SEED = 100
SEARCH_CONDITIONS = (
    "model", "layers", "sample", "dev_sample", "test_sample", "max_length", "device", "space",
    "trials", "confirm",
)  # fmt: skip


def work(options: argparse.Namespace) -> tuple[list[Searched], list[Fresh]]:
    """Do all studies and trainings that no journal holds."""
    conditions = {name: getattr(options, name) for name in SEARCH_CONDITIONS}
    place = None if options.tiny else options.output
    searches = Journal(place and place.with_suffix(".searches.jsonl"), Searched, conditions)
    trainings = Journal(place and place.with_suffix(".trainings.jsonl"), Fresh, conditions)
    studies = {(each.data, each.seed): each for each in searches.known()}
    known = trainings.known()
    done: list[Searched] = []
    fresh: list[Fresh] = []
    for seed in range(FIRST_SEED, FIRST_SEED + options.studies):
        with tempfile.TemporaryDirectory() as scratch:
            for label, setting in settings_from(options, Path(scratch), seed).items():
                study = studies.get((label, seed))
                if study is None:
                    study = run_study(setting, label, seed, options)
                    searches.add(study)
                done.append(study)
                fresh.extend(train_fresh(study, setting, options.fresh, trainings, known))
                print(f"{label}, study {seed}: done", flush=True)
    return done, fresh


def optimism(
    studies: Sequence[Searched], fresh: Sequence[Fresh], way: str, score: str
) -> list[float]:
    """Return how much too high each study's reported score is, in one of the ways.

    Args:
        studies: The studies.
        fresh: The trainings with fresh seeds.
        way: How the settings were chosen and reported.
        score: What to compare with: `dev_f1` or `test_f1`.
    """
    return [
        named.reported - mean_of(fresh, study, named.number, score)
        for study in studies
        for named in study.named
        if named.way == way
    ]


def mean_of(fresh: Sequence[Fresh], study: Searched, number: int, score: str) -> float:
    """Return the mean score of a study's settings over the fresh seeds."""
    place = (study.data, study.seed, number)
    scores: list[float] = [
        getattr(each, score) for each in fresh if (each.data, each.study, each.number) == place
    ]
    return statistics.mean(scores)


def with_error(values: Sequence[float]) -> str:
    """Return the mean with its standard error, which one value alone does not have."""
    return mean_with_error(values, 4, "+")


def print_report(studies: Sequence[Searched], fresh: Sequence[Fresh]) -> None:
    """Print the optimism in each way, by data set and over all."""
    columns = ("score", "reported", "minus fresh dev", "minus fresh test", "fresh test F1")
    names = list(dict.fromkeys(study.data for study in studies))
    for name in names if len(names) == 1 else [*names, "all"]:
        own = [study for study in studies if name in (study.data, "all")]
        rows = [_row(own, fresh, way) for way in (SINGLE, ALL_SEEDS, FURTHER) if _has(own, way)]
        print_table(f"Optimism: {name}, {len(own)} studies", columns, rows)
    first, then = (
        statistics.mean(optimism(studies, fresh, way, "dev_f1")) for way in (SINGLE, ALL_SEEDS)
    )
    ratio = f"{first / then:.2f}" if then > 0 else "none, since nothing is left after it"
    print(f"RATIO optimism, {SINGLE} / {ALL_SEEDS}: {ratio}")
    print_picked(studies, fresh)


def print_picked(studies: Sequence[Searched], fresh: Sequence[Fresh]) -> None:
    """Print how the settings after the confirmation do against those of the best single score."""
    gains = {
        score: [
            mean_of(fresh, study, after, score) - mean_of(fresh, study, before, score)
            for study in studies
            for before, after in [_numbers(study)]
        ]
        for score in ("dev_f1", "test_f1")
    }
    changed = sum(before != after for before, after in map(_numbers, studies))
    print(f"The confirmation chose other settings in {changed} of {len(studies)} studies.")
    for score, name in (("dev_f1", "development"), ("test_f1", "test")):
        print(f"Fresh {name} F1, chosen after minus before it: {with_error(gains[score])}")


def _numbers(study: Searched) -> tuple[int, int]:
    number = {named.way: named.number for named in study.named}
    return number[SINGLE], number[ALL_SEEDS]


def _has(studies: Sequence[Searched], way: str) -> bool:
    return any(named.way == way for study in studies for named in study.named)


def _row(studies: Sequence[Searched], fresh: Sequence[Fresh], way: str) -> tuple[str, ...]:
    chosen = [(study, named) for study in studies for named in study.named if named.way == way]
    reported = statistics.mean(named.reported for _, named in chosen)
    test = statistics.mean(
        mean_of(fresh, study, named.number, "test_f1") for study, named in chosen
    )
    over = (with_error(optimism(studies, fresh, way, score)) for score in ("dev_f1", "test_f1"))
    return (way, f"{reported:.4f}", *over, f"{test:.4f}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Search, train with fresh seeds, print, write."""
    parser = make_parser(__doc__, "runs/benchmarks/optimism.json", several_data=True)
    add_cuts(parser)
    parser.add_argument("--studies", type=int, default=6, help="per data set")
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--confirm", type=int, default=2, help="further seeds per contender")
    parser.add_argument("--fresh", type=int, default=5, help="fresh seeds per settings")
    parser.add_argument("--space", metavar="NAME|FILE", help="study file (default: by sizes)")
    options = parse(parser, arguments, TINY)
    start = environment()
    studies, fresh = work(options)
    print_report(studies, fresh)
    write_figures(options.output, start, studies=studies, fresh=fresh)


if __name__ == "__main__":
    main()
