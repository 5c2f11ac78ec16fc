"""Quotes of small real studies against what the studies took.

Each study is planned as `tuner search` plans it: its quote is made from a probe of a second or two,
before the first trial. Then it runs, with its confirmation and the test split, to its summary. By
default time is processor time, for quote and study alike, because on a shared machine wall time
says more of the others; `--clock wall` is for an idle one. One thread trains.

The table also tells where a quote is wrong. TRAININGS is what the study took over what its
trainings would be quoted, had their settings and epochs been known: the error of the measured
costs. PACE is what an epoch takes by a second probe after the study, over the first: how the
machine changed. EPOCHS is the epochs trained over those expected (of all plans, less what pruning
takes on average): the error of the plan. RATIO is what a study took over what it was quoted, the
median over the studies, with how many are within a quarter.

Data: FIN and WNUT 2017, where they lie beside the checkout, else the sample data, with few
sentences of each split; models: the first one to three layers of the demo's encoder. The space is
the search's own, with 2 to 6 epochs in place of the many that it takes for so little data.
`--cases develop` runs the studies that the model of cost was made on, `--cases fresh` others.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from benchmarks.support.clock import CLOCKS, PROCESSOR, WALL, add_clock
from benchmarks.support.cut_model import cut_model
from benchmarks.support.quote_cases import CASES, TINY, Case
from benchmarks.support.report import environment, print_table, write_figures
from benchmarks.support.setting import BESIDE
from benchmarks.support.small_data import write_small
from benchmarks.support.tiny_model import build_tiny_model
from tuner.choices import choose_study
from tuner.data import TaskData, load_data
from tuner.demo import demo_data, demo_model
from tuner.engine_choice import IN_PROCESS, EngineChoice
from tuner.epoch_cost import EpochCost
from tuner.opening import measure, model_facts, open_bench, training_recipe
from tuner.ready_search import ReadySearch, prepare, run_ready_search
from tuner.search.conclusion import read_summary
from tuner.search.expected_epochs import chosen_epochs, contender_epochs, trained_share
from tuner.search.quote import read_quote
from tuner.search.study_cost import CHOOSE_SECONDS, expected_confirm_runs, planned_seconds
from tuner.silent import SilentStudy
from tuner.space import WholeRange, snap
from tuner.study import SearchOptions, StudySpec
from tuner.study_quote import rough_time
from tuner.study_view import TrialRow
from tuner.training.fine_tune import Workbench

__all__ = ["main"]

CLOSE = 0.25
MAX_LENGTH = 64
DEV, TEST = 60, 60
EPOCHS = WholeRange(low=2, high=6)
CHECKPOINT_SECONDS = {WALL: 20.0, PROCESSOR: 3600.0}
"""Checkpoints are due by wall time: on a busy machine every epoch would be followed by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """What a study was quoted and took.

    Attributes:
        case: The study.
        quoted: Seconds, with pruning where there is some.
        low: Lower end without pruning.
        high: Upper end without pruning.
        actual: Seconds that it took.
        trainings: Seconds by the same costs, for the trainings that there were.
        scatter: Relative standard deviation of the probe's steps.
        pace: What an epoch takes by a second probe, after the study, over the first.
        expected_epochs: Epochs that the quote counts with.
        epochs: Epochs trained.
    """

    case: Case
    quoted: float
    low: float
    high: float
    actual: float
    trainings: float
    scatter: float
    pace: float
    expected_epochs: float
    epochs: int

    @property
    def ratio(self) -> float:
        """Actual over quoted."""
        return self.actual / self.quoted


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the studies, print the table, write the figures."""
    options = _options(arguments)
    torch.set_num_threads(1)
    start = environment()
    cases = TINY if options.tiny else CASES[options.cases][: options.studies]
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for number, case in enumerate(cases):
            row = _study(case, Path(scratch) / f"study-{number}", options.clock)
            rows.append(row)
            print(
                f"{_name(case)}: {row.quoted:.1f} s quoted, {row.actual:.1f} s; "
                f"trainings {row.actual / row.trainings:.2f}, "
                f"epochs {row.epochs / row.expected_epochs:.2f}, "
                f"scatter {row.scatter:.2f}, pace {row.pace:.2f}",
                flush=True,
            )
    _print(rows, options.clock)
    write_figures(options.output, start, clock=options.clock, studies=rows)


def _study(case: Case, folder: Path, clock: str) -> Quoted:
    """Quote a study, run it, and compare."""
    data = load_data(_small_data(case, folder), seed=case.seed, sample=case.sentences)
    ready = _ready(case, data, _model(case, data, folder), folder, CHECKPOINT_SECONDS[clock])
    now = CLOCKS[clock]
    measured = prepare(ready, now)
    run_ready_search(ready, measured, SilentStudy(), clock=now)
    again = measure(ready.bench, ready.spec.recipe, ready.choice, now)
    assert measured is not None
    assert again is not None
    pace = again.seconds_per_epoch / measured.seconds_per_epoch
    return _quoted(case, ready, measured.cost, pace)


def _small_data(case: Case, folder: Path) -> str:
    beside = BESIDE.get(case.data)
    source = str(beside) if beside is not None and beside.is_dir() else str(demo_data())
    small = folder.with_name(f"{folder.name}-data")
    return write_small(source, small, dev=DEV, test=TEST, seed=case.seed)


def _model(case: Case, data: TaskData, folder: Path) -> str:
    if not case.layers:
        words = (word for sentence in data.train for word in sentence.tokens)
        return str(build_tiny_model(folder.with_name("tiny"), words))
    folder = folder.with_name(f"encoder-{case.layers}")
    return str(folder) if folder.is_dir() else cut_model(str(demo_model()), case.layers, folder)


def _ready(
    case: Case, data: TaskData, model: str, folder: Path, checkpoint_every: float
) -> ReadySearch:
    bench = open_bench(data, model, "cpu", MAX_LENGTH, folder, checkpoint_every)
    return ReadySearch(
        spec=_spec(case, data, bench, folder.name),
        directory=folder,
        data=data,
        bench=bench,
        recipe=training_recipe(data, model, MAX_LENGTH, folder, checkpoint_every),
        choice=EngineChoice(name=IN_PROCESS, why="for one device", devices=("cpu",)),
        checked=None,
    )


def _spec(case: Case, data: TaskData, bench: Workbench, name: str) -> StudySpec:
    facts = model_facts(bench)
    choice = choose_study(facts, len(bench.train), seed=case.seed)
    parameters = {**choice.space.parameters, "epochs": EPOCHS}
    points = [snap(point, choice.space) for point in (choice.recipe, *choice.start_points)]
    recipe, *others = (replace(one, epochs=EPOCHS.clip(one.epochs)) for one in points)
    return StudySpec(
        name=name,
        space=replace(choice.space, parameters=parameters),
        recipe=recipe,
        start_points=tuple(others),
        options=SearchOptions(
            trials=case.trials, confirm=case.confirm, prune=case.prune, seed=case.seed
        ),
        model=facts,
        data_source=data.source,
        data_fingerprint=data.fingerprint,
        data_facts=data.facts,
        has_test=bool(data.test),
    )


def _quoted(case: Case, ready: ReadySearch, cost: EpochCost, pace: float) -> Quoted:
    quote = read_quote(ready.directory)
    summary = read_summary(ready.folder)
    assert quote is not None
    assert quote.expected is not None
    assert quote.low is not None
    assert quote.high is not None
    assert summary is not None
    if summary.status != "finished":
        raise SystemExit(f"The study was {summary.status}: what it took cannot be compared.")
    return Quoted(
        case=case,
        quoted=quote.expected,
        low=quote.low,
        high=quote.high,
        actual=summary.elapsed,
        trainings=_trainings(ready.spec, cost, summary.rows),
        scatter=cost.scatter,
        pace=pace,
        expected_epochs=_expected_epochs(ready.spec),
        epochs=sum(row.epoch for row in summary.rows),
    )


def _trainings(spec: StudySpec, cost: EpochCost, rows: Sequence[TrialRow]) -> float:
    """Return what trainings that are known are quoted, with what a study takes beside them."""
    parts = planned_seconds(spec, cost).parts
    sampled = sum(row.origin == "sampler" for row in rows)
    each = (cost.per_training + row.epoch * cost.of_epoch(row.spec.batch_size) for row in rows)
    return parts.start + parts.end + sampled * CHOOSE_SECONDS + sum(each)


def _expected_epochs(spec: StudySpec) -> float:
    """Return the epochs that a quote counts with."""
    options = spec.options
    known = [point.epochs for point in spec.first_points[: options.trials]]
    unknown = options.trials - len(known)
    planned = sum(known) + unknown * chosen_epochs(spec)
    share = trained_share(options.trials) if options.prune else 1.0
    return planned * share + expected_confirm_runs(spec) * contender_epochs(spec)


def _name(case: Case) -> str:
    pruned = "pruned" if case.prune else "whole"
    return (
        f"{case.data} {case.sentences}, layers: {case.layers or 'tiny'}, "
        f"trials: {case.trials} {pruned}" + f", more seeds: {case.confirm}" * bool(case.confirm)
    )


def _print(rows: Sequence[Quoted], clock: str) -> None:
    table = [
        (
            _name(row.case),
            rough_time(row.quoted),
            f"{rough_time(row.low)} to {rough_time(row.high)}",
            rough_time(row.actual),
            f"{row.ratio:.2f}",
            f"{row.actual / row.trainings:.2f}",
            f"{row.pace:.2f}",
            f"{row.expected_epochs:.0f}",
            f"{row.epochs}",
            f"{row.epochs / row.expected_epochs:.2f}",
        )
        for row in rows
    ]
    columns = (
        *("study", "quoted", "unpruned range", "took", "ratio", "TRAININGS", "PACE"),
        *("expected", "trained", "EPOCHS"),
    )
    unit = "processor time, one thread" if clock == PROCESSOR else "wall time"
    print_table(f"Quotes and what the studies took ({unit})", columns, table)
    ratios = [row.ratio for row in rows]
    close = sum(abs(ratio - 1) <= CLOSE for ratio in ratios)
    print(
        f"RATIO took / quoted: {statistics.median(ratios):.2f} (median); "
        f"within 25 %: {close} of {len(rows)}"
    )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", choices=tuple(CASES), default="fresh", help="(%(default)s)")
    parser.add_argument("--studies", type=int, metavar="N", help="the first N of them only")
    parser.add_argument("--device", choices=("cpu",), default="cpu", help="where (%(default)s)")
    add_clock(parser)
    parser.set_defaults(clock=PROCESSOR)
    parser.add_argument("--output", type=Path, default=Path("runs/benchmarks/quote.json"))
    parser.add_argument("--tiny", action="store_true", help="one tiny study: shows that it runs")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
