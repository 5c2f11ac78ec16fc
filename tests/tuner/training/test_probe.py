"""The cost of an epoch is measured on a few steps that leave no trace."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tuner.training.fine_tune import Workbench
from tuner.training.probe import (
    LEAST_ROUNDS,
    LEAST_SECONDS,
    LOOP_PER_EPOCH,
    LOOP_PER_STEP,
    SMALLER,
    probe,
)
from tuner.training.step_times import StepTime, step_cost
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

    monkeypatch.setattr("tuner.training.probe._step", step)
    measured = probe(bench, spec, lambda: now)
    assert measured is not None
    assert steps > 4 * LEAST_ROUNDS
    assert measured.cost.per_step == pytest.approx(0.004 + LOOP_PER_STEP, rel=0.05)
    tokens = bench.train.ids.size + bench.dev.ids.size / 3
    assert measured.cost.per_epoch < LOOP_PER_EPOCH + 1.2e-4 * tokens
    assert measured.cost.per_epoch > LOOP_PER_EPOCH + 0.9e-4 * tokens


def test_at_least_a_second_and_every_kind_is_measured(
    bench: Workbench, spec: TrialSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, sizes = 0.0, set()

    def step(bench: Any, model: Any, optimizer: Any, parts: list[dict[str, Any]]) -> None:
        nonlocal now
        now += 0.01
        sizes.add(sum(part["input_ids"].shape[0] for part in parts))

    monkeypatch.setattr("tuner.training.probe._step", step)
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

    monkeypatch.setattr("tuner.training.probe._step", step)
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


def test_out_of_memory_is_left_to_the_first_training(
    bench: Workbench, spec: TrialSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("tuner.training.probe._step", fails)
    assert probe(bench, spec) is None
