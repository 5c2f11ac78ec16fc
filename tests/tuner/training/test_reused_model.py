"""Trainings that share one model: none leaves its precision or its compiled form to the next."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tuner.training.fine_tune import Workbench
from tuner.training.trainer import FineTuningTrainer
from tuner.trial import TrialSpec, TrialState

Train = Callable[..., Any]

BFLOAT16 = {"bf16": True}
COMPILED = {"torch_compile_backend": "eager"}
"""Traces the model as any compilation does, and leaves out the slow part, generating code."""


@pytest.fixture(autouse=True)
def forget_traces() -> Iterator[None]:
    yield
    torch.compiler.reset()


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[torch.nn.Module]:
    """The models that were called to train, one per call."""
    models: list[torch.nn.Module] = []
    call = FineTuningTrainer._micro_batch

    def noting(self: FineTuningTrainer, model: Any, *arguments: Any) -> torch.Tensor:
        models.append(model)
        return call(self, model, *arguments)

    monkeypatch.setattr(FineTuningTrainer, "_micro_batch", noting)
    return models


def test_every_training_has_its_own_precision(
    bench: Workbench, spec: TrialSpec, train_once: Train, tmp_path: Path
) -> None:
    settings = replace(spec, dropout=0.0, epochs=1)
    losses = [
        train_once(bench, tmp_path / str(number), replace(settings, extra=extra)).losses
        for number, extra in enumerate(({}, BFLOAT16, BFLOAT16, {}))
    ]
    assert losses[0] == losses[3] != losses[1] == losses[2]
    # Eight bits of mantissa: about three decimal digits are the same.
    assert losses[1] == pytest.approx(losses[0], rel=0.01)


def test_a_resumed_training_keeps_its_precision(
    bench: Workbench, spec: TrialSpec, train_once: Train, tmp_path: Path
) -> None:
    settings = replace(spec, extra=BFLOAT16)
    whole = train_once(bench, tmp_path / "whole", settings)
    train_once(bench, tmp_path / "cut", settings, abort_after=7)
    resumed = train_once(bench, tmp_path / "cut", settings, resume=True)
    assert resumed.losses == whole.losses


def test_every_training_is_compiled_if_asked_for_and_no_other(
    bench: Workbench,
    spec: TrialSpec,
    train_once: Train,
    tmp_path: Path,
    trained: list[torch.nn.Module],
) -> None:
    settings = replace(spec, dropout=0.0, epochs=1)
    losses = []
    for number, extra in enumerate(({}, COMPILED, COMPILED, {})):
        trained.clear()
        one = train_once(bench, tmp_path / str(number), replace(settings, extra=extra))
        assert one.outcome.state is TrialState.FINISHED
        assert {hasattr(model, "_orig_mod") for model in trained} == {bool(extra)}
        losses.append(one.losses)
    assert losses[1:] == [pytest.approx(losses[0], abs=1e-5)] * 3


def test_the_environment_stays_as_it_was(
    bench: Workbench,
    spec: TrialSpec,
    train_once: Train,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ACCELERATE_DYNAMO_BACKEND", raising=False)
    before = dict(os.environ)
    train_once(bench, tmp_path / "one", replace(spec, epochs=1, extra=COMPILED))
    assert dict(os.environ) == before


def test_noise_of_a_training_that_was_stopped_is_not_left_behind(
    bench: Workbench, spec: TrialSpec, train_once: Train, tmp_path: Path
) -> None:
    settings = replace(spec, epochs=1)
    plain = train_once(bench, tmp_path / "plain", settings)
    noisy = replace(settings, extra={"neftune_noise_alpha": 50.0})
    stopped = train_once(bench, tmp_path / "stopped", noisy, abort_after=2)
    assert stopped.outcome.state is TrialState.INTERRUPTED
    assert train_once(bench, tmp_path / "next", settings).losses == plain.losses
