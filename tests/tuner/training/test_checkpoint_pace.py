"""Checkpoints take a small share of a training's time, however large they are."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("torch")

from transformers import Trainer

from tuner.training import trainer as module
from tuner.training.finite_losses import FiniteLosses
from tuner.training.trainer import CHECKPOINT_SHARE, FineTuningTrainer, TrainerHooks


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which stands still."""
    clock = [100.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    return clock


def trainer(every: float) -> FineTuningTrainer:
    """A trainer that has just written a checkpoint, in no time."""
    made: Any = object.__new__(FineTuningTrainer)
    made.hooks = TrainerHooks()
    made.hooks.checkpoint_every = every
    made.losses = FiniteLosses(pause=1)
    made._checkpointed, made._checkpoint_seconds = 100.0, 0.0
    return made  # type: ignore[no-any-return]


def test_a_quick_checkpoint_is_due_after_the_asked_pause(now: list[float]) -> None:
    made = trainer(every=20.0)
    now[0] = 119.0
    assert not made.checkpoint_is_due
    now[0] = 120.0
    assert made.checkpoint_is_due


def test_a_slow_checkpoint_makes_the_next_one_later(
    now: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(*arguments: Any) -> None:
        now[0] += 3.0

    monkeypatch.setattr(Trainer, "_save_checkpoint", write)
    made: Any = trainer(every=20.0)
    made._save_checkpoint(None, None)
    now[0] = 100.0 + 3.0 / CHECKPOINT_SHARE - 1.0
    assert not made.checkpoint_is_due
    now[0] += 1.0
    assert made.checkpoint_is_due


def test_without_a_pause_there_is_one_after_every_epoch(now: list[float]) -> None:
    made: Any = trainer(every=0.0)
    made._checkpoint_seconds = 3.0
    assert made.checkpoint_is_due
