"""The cost of an epoch is measured on a few steps that leave no trace."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tuner.training.fine_tune import Workbench
from tuner.training.probe import LOOP_PER_EPOCH, LOOP_PER_STEP, probe
from tuner.training.probe_steps import LEAST_ROUNDS, LEAST_SECONDS, SMALLER
from tuner.training.step_times import StepTime, scatter, step_cost
from tuner.trial import TrialSpec


def test_it_measures_and_leaves_no_trace(
    bench: Workbench, spec: TrialSpec, train_once: Callable[..., Any], tmp_path: Path
) -> None:
    before = train_once(bench, tmp_path / "before", spec)
    measured = probe(bench, spec)
    assert measured is not None
    assert 0 < measured.seconds_per_epoch < 60
    assert measured.peak_bytes is None  # there is no accelerator
    assert "batches of 2 and 8" in measured.how
    assert train_once(bench, tmp_path / "after", spec).losses == before.losses


def test_a_machine_that_is_busy_for_a_moment_does_not_make_an_epoch_long(
    bench: Workbench, spec: TrialSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of four kinds of steps every third takes ten times as long, the first a hundred times."""
    now, steps = 0.0, 0

    def step(bench: Any, model: Any, optimizer: Any, parts: list[dict[str, Any]]) -> None:
        nonlocal now, steps
        slower = 100 if not steps else 10 if steps % 3 == 0 else 1
        steps += 1
        now += slower * (0.004 + 1e-4 * sum(part["input_ids"].numel() for part in parts))

    def predict(bench: Any, model: Any, rows: Any) -> None:
        nonlocal now
        now += 3e-5 * len(rows) * int(bench.dev.lengths[rows[0]])

    monkeypatch.setattr("tuner.training.probe_steps._step", step)
    monkeypatch.setattr("tuner.training.probe_steps._predict", predict)
    measured = probe(bench, spec, lambda: now)
    assert measured is not None
    assert steps > 4 * LEAST_ROUNDS
    assert measured.cost.scatter > 1, "that it was busy makes the range wide"
    assert measured.cost.per_step == pytest.approx(0.004 + LOOP_PER_STEP, rel=0.05)
    evaluation = measured.cost.evaluation - LOOP_PER_EPOCH
    assert 3e-5 * bench.dev.ids.size <= evaluation < 5e-5 * bench.dev.ids.size
    trained = measured.cost.per_epoch - measured.cost.evaluation
    assert 0.9e-4 * bench.train.ids.size < trained < 1.2e-4 * bench.train.ids.size


def test_at_least_a_second_and_every_kind_is_measured(
    bench: Workbench, spec: TrialSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, sizes = 0.0, set()

    def step(bench: Any, model: Any, optimizer: Any, parts: list[dict[str, Any]]) -> None:
        nonlocal now
        now += 0.01
        sizes.add(sum(part["input_ids"].shape[0] for part in parts))

    monkeypatch.setattr("tuner.training.probe_steps._step", step)
    assert probe(bench, spec, lambda: now) is not None
    assert LEAST_SECONDS <= now <= LEAST_SECONDS + 0.2
    assert {spec.batch_size, spec.batch_size // SMALLER} <= sizes


def test_slow_steps_end_the_probe_after_the_first_measured_one(
    bench: Workbench, spec: TrialSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0

    def step(bench: Any, model: Any, optimizer: Any, parts: list[dict[str, Any]]) -> None:
        nonlocal now
        now += 60.0

    monkeypatch.setattr("tuner.training.probe_steps._step", step)
    measured = probe(bench, spec, lambda: now)
    assert now == 120.0
    assert measured is not None
    assert measured.seconds_per_epoch > 60.0


@pytest.mark.parametrize(("per_step", "per_token"), [(0.01, 1e-4), (0.0, 2e-4), (0.5, 0.0)])
def test_step_cost_is_read_back(per_step: float, per_token: float) -> None:
    steps = [StepTime(tokens=n, seconds=per_step + per_token * n) for n in (40, 160, 300, 900)]
    assert step_cost(steps) == pytest.approx((per_step, per_token), abs=1e-6)


def test_equal_steps_cannot_be_split() -> None:
    assert step_cost([StepTime(tokens=100, seconds=0.2)] * 2) == pytest.approx((0.0, 0.002))


def test_steps_that_lie_on_the_line_do_not_scatter() -> None:
    line = [[(n, 0.01 + 1e-4 * n)] * 5 for n in (40, 160, 300)]
    assert scatter(line, 0.01, 1e-4) == pytest.approx(0.0, abs=1e-9)
    assert scatter([[(40, 0.2)]], 0.0, 0.005) == pytest.approx(0.0, abs=1e-9)


def test_scatter_counts_steps_of_one_kind_and_kinds_off_the_line() -> None:
    restless = [[(100, 1.0), (100, 1.2), (100, 0.8), (100, 1.2), (100, 0.8)]] * 2
    assert scatter(restless, 0.0, 0.01) == pytest.approx(0.2)
    bent = [[(100, 1.3)] * 3, [(100, 0.7)] * 3]
    assert scatter(bent, 0.0, 0.01) == pytest.approx(0.3)


def test_out_of_memory_is_left_to_the_first_training(
    bench: Workbench, spec: TrialSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("tuner.training.probe_steps._step", fails)
    assert probe(bench, spec) is None
