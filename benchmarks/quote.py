"""Quotes of small real studies against what the studies took.

Each study is planned as `tuner search` plans it: its quote is made from a probe of a second or two,
before the first trial. Then it runs, with its confirmation, to its summary. By default time is
processor time, for quote and study alike, because on a shared machine wall time says more of the
others; `--clock wall` is for an idle one. One thread trains.

The table also tells what the quote is made of: the epochs that were expected (of all plans, less
what pruning takes on average) against those trained. RATIO is what a study took over what it was
quoted, the median over the studies, with how many are within a quarter.

Data: FIN, where it lies beside the checkout, else the sample data; models: a tiny random one and
the demo's encoder cut to two layers. The space is the search's own, with 2 to 8 epochs in place of
the many that it takes for so little data.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from benchmarks.support.clock import CLOCKS, PROCESSOR, WALL, add_clock
from benchmarks.support.cut_model import cut_model
from benchmarks.support.report import environment, print_table, write_figures
from benchmarks.support.setting import FIN
from benchmarks.support.tiny_model import build_tiny_model
from tuner.choices import choose_study
from tuner.data import TaskData, load_data
from tuner.demo import demo_data, demo_model
from tuner.engine_choice import IN_PROCESS, EngineChoice
from tuner.opening import model_facts, open_bench, training_recipe
from tuner.ready_search import ReadySearch, prepare, run_ready_search
from tuner.search.conclusion import read_summary
from tuner.search.quote import read_quote, trained_share
from tuner.search.study_cost import chosen_epochs, contender_epochs, expected_confirm_runs
from tuner.silent import SilentStudy
from tuner.space import WholeRange, snap
from tuner.study import SearchOptions, StudySpec
from tuner.study_quote import rough_time
from tuner.training.fine_tune import Workbench

__all__ = ["Case", "main"]

CLOSE = 0.25
LAYERS = 2
MAX_LENGTH = 64
EPOCHS = WholeRange(low=2, high=8)
CHECKPOINT_SECONDS = {WALL: 20.0, PROCESSOR: 3600.0}
"""Checkpoints are due by wall time: on a busy machine every epoch would be followed by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One study.

    Attributes:
        model: `tiny` or `encoder`.
        sentences: Training sentences.
        trials: Trials.
        prune: Whether hopeless trials are stopped.
        confirm: Further seeds.
        seed: Of the study.
    """

    model: str
    sentences: int
    trials: int
    prune: bool
    confirm: int = 1
    seed: int = 42


CASES = (
    Case(model="tiny", sentences=120, trials=4, prune=False),
    Case(model="encoder", sentences=48, trials=4, prune=False, confirm=0, seed=43),
    Case(model="tiny", sentences=240, trials=6, prune=True, seed=44),
    Case(model="encoder", sentences=64, trials=5, prune=True, seed=45),
    Case(model="tiny", sentences=400, trials=8, prune=False, seed=46),
    Case(model="encoder", sentences=32, trials=8, prune=False, confirm=0, seed=47),
    Case(model="tiny", sentences=600, trials=10, prune=True, confirm=0, seed=48),
    Case(model="encoder", sentences=48, trials=7, prune=True, confirm=0, seed=49),
    Case(model="tiny", sentences=160, trials=10, prune=False, confirm=2, seed=50),
    Case(model="encoder", sentences=96, trials=6, prune=False, confirm=0, seed=51),
)
TINY = (Case(model="tiny", sentences=40, trials=2, prune=True, confirm=0),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """What a study was quoted and took.

    Attributes:
        case: The study.
        quoted: Seconds, with pruning where there is some.
        low: Lower end without pruning.
        high: Upper end without pruning.
        actual: Seconds that it took.
        expected_epochs: Epochs that the quote counts with.
        epochs: Epochs trained.
    """

    case: Case
    quoted: float
    low: float
    high: float
    actual: float
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
    cases = TINY if options.tiny else CASES[: options.studies]
    data = options.data or (str(FIN) if FIN.is_dir() and not options.tiny else str(demo_data()))
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for row in _studies(cases, data, options, Path(scratch)):
            rows.append(row)
            print(f"{_name(row.case)}: {row.quoted:.1f} s quoted, {row.actual:.1f} s", flush=True)
    _print(rows, options.clock)
    write_figures(options.output, start, clock=options.clock, studies=rows)


def _studies(
    cases: Sequence[Case], data: str, options: argparse.Namespace, scratch: Path
) -> Iterator[Quoted]:
    words = (word for sentence in load_data(data).train for word in sentence.tokens)
    models = {"tiny": str(build_tiny_model(scratch / "tiny", words))}
    if any(case.model == "encoder" for case in cases):
        models["encoder"] = cut_model(str(demo_model()), LAYERS, scratch / "encoder")
    for number, case in enumerate(cases):
        yield _study(case, data, models[case.model], scratch / f"study-{number}", options.clock)


def _study(case: Case, data: str, model: str, folder: Path, clock: str) -> Quoted:
    """Quote a study, run it, and compare."""
    loaded = load_data(data, seed=case.seed, sample=case.sentences)
    ready = _ready(case, loaded, model, folder, CHECKPOINT_SECONDS[clock])
    now = CLOCKS[clock]
    run_ready_search(ready, prepare(ready, now), SilentStudy(), clock=now)
    return _quoted(case, ready)


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
    )


def _quoted(case: Case, ready: ReadySearch) -> Quoted:
    quote = read_quote(ready.directory)
    summary = read_summary(ready.folder)
    assert quote is not None
    assert quote.expected is not None
    assert quote.low is not None
    assert quote.high is not None
    assert summary is not None
    return Quoted(
        case=case,
        quoted=quote.expected,
        low=quote.low,
        high=quote.high,
        actual=summary.elapsed,
        expected_epochs=_expected_epochs(ready.spec),
        epochs=sum(row.epoch for row in summary.rows),
    )


def _expected_epochs(spec: StudySpec) -> float:
    """Return the epochs that a quote counts with."""
    options = spec.options
    known = [point.epochs for point in spec.first_points[: options.trials]]
    unknown = options.trials - len(known)
    planned = sum(known) + unknown * chosen_epochs(spec)
    share = trained_share(options.trials) if options.prune else 1.0
    return planned * share + expected_confirm_runs(spec) * contender_epochs(spec)


def _name(case: Case) -> str:
    pruned = "pruned" if case.prune else "not pruned"
    return (
        f"{case.model}, {case.sentences} sentences, {case.trials} trials {pruned}, "
        f"{case.confirm} more seeds"
    )


def _print(rows: Sequence[Quoted], clock: str) -> None:
    table = [
        (
            _name(row.case),
            rough_time(row.quoted),
            f"{rough_time(row.low)} to {rough_time(row.high)}",
            rough_time(row.actual),
            f"{row.ratio:.2f}",
            f"{row.expected_epochs:.0f}",
            f"{row.epochs}",
            f"{row.epochs / row.expected_epochs:.2f}",
        )
        for row in rows
    ]
    columns = (
        *("study", "quoted", "range without pruning", "took", "took / quoted"),
        *("epochs expected", "epochs trained", "trained / expected"),
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
    parser.add_argument("--studies", type=int, default=len(CASES), metavar="N")
    parser.add_argument("--data", metavar="DATA", help="data set (default: FIN, else the sample)")
    parser.add_argument("--device", choices=("cpu",), default="cpu", help="where (%(default)s)")
    add_clock(parser)
    parser.set_defaults(clock=PROCESSOR)
    parser.add_argument("--output", type=Path, default=Path("runs/benchmarks/quote.json"))
    parser.add_argument("--tiny", action="store_true", help="one tiny study: shows that it runs")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
