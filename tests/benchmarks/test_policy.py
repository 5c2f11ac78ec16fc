"""The policy bench decides as the real search does, and measures what it says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("optuna")

from benchmarks.policy import flat, report, rows, variants
from benchmarks.policy.curves.make import BATCH_SIZES, EPOCHS, LEARNING_RATES, SEEDS, f1_of, planned
from benchmarks.policy.curves.table import (
    TABLE,
    TrainedCurve,
    append_curve,
    read_curves,
    rewrite,
)
from benchmarks.policy.in_memory import (
    MemorySession,
    Suggestions,
    run_in_memory,
    search_in_memory,
)
from benchmarks.policy.lcbench import SurrogateTask, informed_lcbench
from benchmarks.policy.outcome import WORST_REGRET, of_session
from benchmarks.policy.recorded import recorded_tasks
from benchmarks.policy.reported import epoch_report
from benchmarks.policy.rival import RIVALS, run_rival
from benchmarks.policy.task import NO_MODEL, DrawnCurve, Scale, TaskScale, chance
from tests.tuner.search.studies import FakeClock, search
from tuner.engines.scripted import ScriptedEngine
from tuner.search import optuna_sampling, search_policy
from tuner.search.expected_gain import FEWEST_TRIALS
from tuner.space import LogRange, PowersOfTwo, SearchSpace, WholeRange
from tuner.study import SearchOptions, StudySpec
from tuner.trial import TrialSpec, TrialState

pytestmark = pytest.mark.long


@dataclass(frozen=True, slots=True, kw_only=True)
class Hill:
    """A task with one best learning rate; higher batches learn slower."""

    name: str = "hill"
    longest: int = 8
    noise_entities: int = 400

    def study(self, seed: int) -> StudySpec:
        return StudySpec(
            name=self.name,
            space=SearchSpace(
                parameters={
                    "learning_rate": LogRange(low=1e-5, high=1e-2),
                    "batch_size": PowersOfTwo(low=8, high=64),
                    "epochs": WholeRange(low=4, high=8),
                },
                reasons={},
            ),
            recipe=TrialSpec(learning_rate=1e-4, batch_size=16, epochs=6),
            start_points=(TrialSpec(learning_rate=1e-3, batch_size=16, epochs=6),),
            model=NO_MODEL,
            data_source="hill",
            data_fingerprint="hill",
        )

    def curve(self, spec: TrialSpec, seed: int) -> DrawnCurve:
        end = 0.9 - 0.3 * abs(math.log10(spec.learning_rate / 4e-4)) ** 2
        pace = 2 + spec.batch_size / 16
        truth = tuple(max(end, 0.0) * (1 - math.exp(-epoch / pace)) for epoch in range(1, 9))
        source = chance(seed, spec.learning_rate, spec.batch_size, spec.epochs, spec.seed)
        return DrawnCurve(
            scores=tuple(min(max(one + source.gauss(0, 0.01), 0.0), 1.0) for one in truth),
            truth=truth,
        )


def rows_of_search(tmp_path: Path, seed: int, options: SearchOptions) -> list[Any]:
    task, clock = Hill(), FakeClock()

    def curves(spec: TrialSpec) -> list[Any]:
        drawn = task.curve(spec, seed)
        return [
            epoch_report(spec, epoch, drawn, task.noise_entities)
            for epoch in range(1, spec.epochs + 1)
        ]

    engine = ScriptedEngine(curves, delay=1.0, sleep=clock.advance)
    spec = replace(task.study(seed), options=options)
    summary = search(tmp_path / "study", spec, engine=engine, clock=clock)
    rows = [(row.key, row.spec, row.state, row.epoch, row.score) for row in summary.rows]
    return [*rows, summary.winner and summary.winner.number]


def rows_in_memory(seed: int, options: SearchOptions) -> list[Any]:
    from tuner.search.winner import choose

    session = run_in_memory(Hill(), seed, options)
    rows = [(row.key, row.spec, row.state, row.epoch, row.score) for row in session.ledger.rows()]
    return [*rows, choose(session.ledger.finished()).number]


@pytest.mark.parametrize(
    ("seed", "options"),
    [
        (0, SearchOptions(trials=7, seed=3, contenders=2)),
        (1, SearchOptions(trials=1000, time_budget=200.0, seed=4, sampler="tpe")),
        (2, SearchOptions(trials=1000, time_budget=50.0, seed=5, sampler="tpe", confirm=1)),
        (3, SearchOptions(trials=9, seed=6, prune=False, confirm=0, sampler="random")),
    ],
)
def test_bench_decides_as_the_search_does(
    tmp_path: Path, seed: int, options: SearchOptions
) -> None:
    assert rows_in_memory(seed, options) == rows_of_search(tmp_path, seed, options)


def test_studies_of_other_budgets_share_suggestions_and_stay_the_same() -> None:
    shared: Suggestions = {}
    asked = []
    for budget in (100.0, 60.0):
        options = SearchOptions(trials=1000, time_budget=budget, seed=4, sampler="tpe")
        alone = run_in_memory(Hill(), 1, options)
        together = run_in_memory(Hill(), 1, options, shared)
        assert together.ledger.rows() == alone.ledger.rows()
        asked.append(len(shared))
    assert asked[0] == asked[1]  # the shorter study asked nothing new


def test_studies_that_are_compared_prune_confirm_and_are_cut_off() -> None:
    session = run_in_memory(
        Hill(), 1, SearchOptions(trials=1000, time_budget=200.0, seed=4, sampler="tpe")
    )
    states = {run.state for run in session.ledger.runs}
    assert {TrialState.PRUNED, TrialState.FINISHED} <= states
    assert any(run.role == "confirm" for run in session.ledger.runs)
    assert session.elapsed <= 200.0


def test_regret_is_0_for_the_best_and_1_for_the_median() -> None:
    scale = Scale(best=0.9, median=0.7, good=0.85)
    assert scale.regret(0.9) == 0
    assert scale.regret(0.7) == pytest.approx(1)
    assert scale.regret(0.6) == pytest.approx(1.5)


def test_outcome_judges_by_the_truth_not_by_what_was_seen() -> None:
    task = Hill()
    session = run_in_memory(task, 0, SearchOptions(trials=6, seed=0, sampler="random"))
    scale = TaskScale(task).scale
    outcome = of_session(task, 0, session, scale)
    assert -0.2 < outcome.regret < 1
    assert outcome.optimism is not None
    assert outcome.optimism < 10
    assert outcome.trials == 6


class Peaked(SurrogateTask):
    """A data set whose best learning rate is told by its number."""

    def _asked(self, spec: TrialSpec) -> tuple[float, ...]:
        return (0.9 - 0.1 * abs(math.log10(spec.learning_rate) + self.code),)


def test_known_good_points_never_come_from_the_data_set_itself() -> None:
    tasks = [Peaked(name=str(code), folder=Path("nowhere"), code=code) for code in (2, 4)]
    low, high = (task.first[0] for task in informed_lcbench(tasks, tasks))
    assert low.learning_rate == pytest.approx(1e-4, rel=0.2)
    assert high.learning_rate == pytest.approx(1e-2, rel=0.2)


def test_rival_that_finished_nothing_is_as_bad_as_the_median() -> None:
    scale = TaskScale(Hill()).scale
    outcomes = run_rival(RIVALS["random"], Hill(), 0, [1.0, 40.0, 80.0], scale)
    assert outcomes[0].regret == WORST_REGRET
    assert outcomes[0].optimism is None
    assert outcomes[1].trials <= outcomes[2].trials


@pytest.mark.parametrize("name", RIVALS)
def test_every_rival_runs(name: str) -> None:
    scale = Scale(best=0.9, median=0.5, good=0.85)
    (outcome,) = run_rival(RIVALS[name], Hill(), 1, [60.0], scale)
    assert outcome.trials > 0


def grid() -> Sequence[TrainedCurve]:
    return [
        TrainedCurve(
            corpus="toy",
            learning_rate=rate,
            batch_size=batch,
            epochs=epochs,
            seed=seed,
            state="finished",
            dev_f1=tuple(0.1 * seed + rate * 100 for _ in range(epochs)),
            held_out_f1=tuple(rate * 100 for _ in range(epochs)),
            loss=tuple(None for _ in range(epochs)),
            seconds=tuple(1.0 for _ in range(epochs)),
        )
        for seed in (1, 2)
        for rate in (1e-4, 1e-3)
        for batch in (8, 16)
        for epochs in (2, 4)
    ]


def test_table_keeps_what_was_added_and_is_rewritten_to_the_same_bytes(tmp_path: Path) -> None:
    table = tmp_path / "table.jsonl.gz"
    for curve in reversed(grid()):
        append_curve(curve, table)
    assert sorted(read_curves(table), key=lambda one: one.key) == sorted(
        grid(), key=lambda one: one.key
    )
    rewrite(read_curves(table), table)
    first = table.read_bytes()
    rewrite(reversed(read_curves(table)), table)
    assert table.read_bytes() == first


def test_recorded_task_reads_between_learning_rates_and_leaves_gaps_out(tmp_path: Path) -> None:
    table = tmp_path / "table.jsonl.gz"
    for curve in grid()[:-1]:  # the second seed has a gap
        append_curve(curve, table)
    (task,) = recorded_tasks(table)
    assert task.seeds == [1]
    spec = TrialSpec(learning_rate=math.sqrt(1e-7), batch_size=8, epochs=4)
    drawn = task.curve(spec, 0)
    assert drawn.scores == pytest.approx([0.155] * 4)
    assert drawn.truth == pytest.approx([0.155] * 4)  # dev is easier by 0.1 in every training


def test_plan_of_the_table_is_the_whole_grid() -> None:
    cells = list(planned(["sample", "fin", "wnut17"]))
    settings = len(LEARNING_RATES) * len(BATCH_SIZES) * len(EPOCHS)
    assert settings >= 40
    assert len(cells) == 3 * settings * len(SEEDS)


def test_f1_counts_entities_over_all_sentences() -> None:
    assert f1_of([(1, 1, 2), (0, 1, 0)]) == pytest.approx(0.5)
    assert f1_of([(0, 0, 0)]) == 0.0


@pytest.mark.skipif(not TABLE.exists(), reason="the table of curves is not there")
def test_report_prints_a_row_for_each_way(capsys: pytest.CaptureFixture[str]) -> None:
    report.main(["--source", "curves", "--budgets", "3", "--seeds", "1", "--tasks", "1"])
    printed = capsys.readouterr().out
    assert all(f"| {name} |" in printed for name in (report.OURS, *RIVALS))
    assert all(f"{report.OURS} minus {name}: " in printed for name in RIVALS)
    assert "RATIO" in printed


def test_differences_are_paired_by_data_set() -> None:
    assert report.shown_difference([0.5, 0.25], [0.25, 0.5]) == "+0.000 ± 0.250"
    assert report.shown_difference([0.5], [0.25]) == "+0.250 ± nan"


def test_study_that_ends_early_is_the_same_study_cut_off() -> None:
    task = Hill()
    options = SearchOptions(trials=1000, time_budget=12 * task.longest, seed=4, sampler="random")
    session = MemorySession(spec=replace(task.study(1), options=options))
    noting = flat.NotingSearch(session)
    search_in_memory(session, noting, task, 1)
    scale = TaskScale(task)
    assert flat.stopped_at(task, 1, noting, 0.0, scale) is None, "a gain is never below nothing"
    early = flat.stopped_at(task, 1, noting, math.inf, scale)
    assert early is not None
    assert early.trials == FEWEST_TRIALS
    assert early.epochs < session.elapsed


# Variants


def test_a_knob_is_turned_for_a_while_only() -> None:
    tasks = [Hill()]
    before = rows.options_of(tasks[0], 0, 5.0)
    with variants.changed({"quantile": "0.75", "startup-trials": "2", "confirm": "0"}):
        assert vars(search_policy)["FairPruner"]().quantile == 0.75
        assert optuna_sampling.STARTUP_TRIALS == 2
        assert rows.options_of(tasks[0], 0, 5.0) == replace(before, confirm=0)
    assert vars(search_policy)["FairPruner"]().quantile == 0.5
    assert optuna_sampling.STARTUP_TRIALS == 4
    assert rows.options_of(tasks[0], 0, 5.0) == before


def test_a_variant_searches_the_same_studies_in_another_way() -> None:
    tasks = [Hill(), Hill(name="other hill")]
    scales = [TaskScale(task) for task in tasks]
    studies = [tasks, tasks]
    base = variants.regrets(studies, scales, [8.0])
    assert variants.regrets(studies, scales, [8.0]) == base
    with variants.changed({"startup-trials": "99", "confirm": "0"}):
        other = variants.regrets(studies, scales, [8.0])
    assert len(base[8.0]) == len(other[8.0]) == len(tasks)
    assert other != base


@pytest.mark.parametrize("knob", ["speed=3", "quantile", "quantile=high", ""])
def test_a_knob_that_is_none(knob: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        variants.main([knob])
    assert ended.value.code == 2
    assert "KNOB=VALUE" in capsys.readouterr().err


def test_variants_need_the_surrogate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        variants.main(["quantile=0.75", "--lcbench", str(tmp_path / "nowhere")])
    assert ended.value.code == 2
    assert "is not there; see" in capsys.readouterr().err
