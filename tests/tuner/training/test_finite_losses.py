"""A loss that is not finite ends a training, at once or at the next look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.tuner import killed_trunk
from tuner.errors import NonFiniteError
from tuner.training.checkpoints import latest_checkpoint
from tuner.training.fine_tune import Workbench
from tuner.training.finite_losses import FiniteLosses, steps_between_looks
from tuner.trial import TrialSpec, TrialState

Train = Callable[..., Any]


@pytest.mark.parametrize("bad", ["nan", "inf", "-inf"])
def test_the_first_bad_loss_is_told_when_it_is_looked_at(bad: str) -> None:
    losses = FiniteLosses(pause=4)
    for step, loss in enumerate((2.0, float(bad), 1.0), start=1):
        losses.note(torch.tensor(loss), step, 1e-3 / step)
    with pytest.raises(NonFiniteError, match=rf"became {bad} at step 2 \(learning rate 5.00e-04\)"):
        losses.note(torch.tensor(float("nan")), 4, 1e-4)
    losses.settle()  # each is looked at once


def test_one_at_a_time_is_looked_at_once_it_is_there() -> None:
    losses = FiniteLosses(pause=1)
    losses.note(torch.tensor(1.0), 1, 1e-3)
    with pytest.raises(NonFiniteError, match="step 2"):
        losses.note(torch.tensor(float("nan")), 2, 1e-3)


def test_only_an_accelerator_is_looked_at_in_turns() -> None:
    assert steps_between_looks("cpu") == 1
    assert steps_between_looks("cuda") > 1


@pytest.fixture
def seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tuner.training.trainer.steps_between_looks", lambda device: 1000)


@pytest.mark.usefixtures("seldom")
def test_nothing_is_scored_or_written_after_a_bad_loss(
    bench: Workbench,
    spec: TrialSpec,
    train_once: Train,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loss_sum = bench.task.loss_sum
    calls = 0

    def breaks(logits: torch.Tensor, *arguments: Any) -> torch.Tensor:
        nonlocal calls
        calls += logits.requires_grad  # an evaluation computes no gradient
        return loss_sum(logits, *arguments) * (float("nan") if calls == 9 else 1.0)

    monkeypatch.setattr(bench.task, "loss_sum", breaks)
    result = train_once(bench, tmp_path / "run", spec)
    assert [report.epoch for report in result.reports] == [1]
    assert result.outcome.state is TrialState.FAILED
    assert "The training loss became nan at step 9 " in result.outcome.reason
    assert result.outcome.events[-1].step == 9
    last = latest_checkpoint(tmp_path / "run" / "checkpoint")
    assert last is not None and last.name == "checkpoint-6"


@pytest.mark.usefixtures("seldom")
def test_looking_seldom_changes_no_result(
    bench: Workbench, spec: TrialSpec, train_once: Train, tmp_path: Path
) -> None:
    settings = replace(spec, epochs=2)
    seldom = train_once(bench, tmp_path / "seldom", settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tuner.training.trainer.steps_between_looks", lambda device: 1)
        often = train_once(bench, tmp_path / "often", settings)
    assert (seldom.losses, seldom.f1s) == (often.losses, often.f1s)


@pytest.mark.usefixtures("seldom")
def test_a_trunk_is_not_written_after_a_bad_loss(
    bench: Workbench, train_once: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loss_sum = bench.task.loss_sum
    monkeypatch.setattr(bench.task, "loss_sum", lambda *a: loss_sum(*a) * float("nan"))
    result = train_once(bench, tmp_path / "run", killed_trunk.SPEC)
    assert result.outcome.state is TrialState.FAILED
    assert "became nan at step 1 " in result.outcome.reason
    assert latest_checkpoint(tmp_path / "run" / "checkpoint") is None


@pytest.mark.usefixtures("seldom")
def test_a_bad_loss_explains_the_error_that_came_of_it(
    bench: Workbench,
    spec: TrialSpec,
    train_once: Train,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loss_sum = bench.task.loss_sum
    calls = 0

    def breaks(*arguments: Any) -> torch.Tensor:
        nonlocal calls
        calls += 1
        if calls > 4:
            raise ValueError("the weights are NaN")
        return loss_sum(*arguments) * float("nan")

    monkeypatch.setattr(bench.task, "loss_sum", breaks)
    result = train_once(bench, tmp_path / "run", spec)
    assert "became nan at step 1 " in result.outcome.reason
