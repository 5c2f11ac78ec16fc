"""The cost of an epoch is measured on a few steps that leave no trace."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tuner.training.fine_tune import Workbench
from tuner.training.probe import probe
from tuner.trial import TrialSpec


def test_it_measures_and_leaves_no_trace(
    bench: Workbench, spec: TrialSpec, train_once: Callable[..., Any], tmp_path: Path
) -> None:
    before = train_once(bench, tmp_path / "before", spec)
    measured = probe(bench, spec)
    assert measured is not None
    assert 0 < measured.seconds_per_epoch < 60
    assert measured.peak_bytes is None  # there is no accelerator
    assert "batches of 8" in measured.how
    assert train_once(bench, tmp_path / "after", spec).losses == before.losses


def test_a_machine_that_is_busy_for_a_moment_does_not_make_an_epoch_long(
    bench: Workbench, spec: TrialSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a clock of our own: a microsecond per token, but a second more while others work."""
    now, held_up = 0.0, [1.0, 1.0, 0.0, 1.0, 0.0]

    def step(bench: Any, model: Any, optimizer: Any, parts: list[dict[str, Any]]) -> None:
        nonlocal now
        now += held_up.pop(0) + 1e-6 * sum(part["input_ids"].numel() for part in parts)

    monkeypatch.setattr("tuner.training.probe._step", step)
    monkeypatch.setattr("tuner.training.probe.time.monotonic", lambda: now)
    measured = probe(bench, spec)
    assert measured is not None
    assert not held_up
    tokens = bench.train.ids.size + bench.dev.ids.size
    assert measured.seconds_per_epoch < 1.2e-6 * tokens


def test_out_of_memory_is_left_to_the_first_training(
    bench: Workbench, spec: TrialSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("tuner.training.probe._step", fails)
    assert probe(bench, spec) is None
