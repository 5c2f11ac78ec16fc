"""Trainings that share one model: none leaves its precision or its compiled form to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch._dynamo.utils import counters

from tests.tuner import killed_trunk
from tuner.training.fine_tune import Workbench
from tuner.training.trainer import FineTuningTrainer
from tuner.trial import TrialSpec, TrialState

pytestmark = pytest.mark.long

Train = Callable[..., Any]

BFLOAT16 = {"bf16": True}
COMPILED = {"torch_compile_backend": "eager"}
"""Traces the model as any compilation does, and leaves out the slow part, generating code."""


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


def test_a_later_training_is_compiled_as_often_as_the_first(
    bench: Workbench, spec: TrialSpec, train_once: Train, tmp_path: Path
) -> None:
    settings = replace(spec, epochs=1, extra={**COMPILED, **BFLOAT16})
    compiled = []
    for number in range(2):
        compiled.append(counters["stats"]["unique_graphs"])
        train_once(bench, tmp_path / str(number), settings)
        # Each training has code of its own; none of it may count towards the limit of eight.
        compiled[-1] = counters["stats"]["unique_graphs"] - compiled[-1]
    assert compiled[0] > 0
    assert compiled[1] == compiled[0]


def test_noise_of_a_training_that_was_stopped_is_not_left_behind(
    bench: Workbench, spec: TrialSpec, train_once: Train, tmp_path: Path
) -> None:
    settings = replace(spec, epochs=1)
    plain = train_once(bench, tmp_path / "plain", settings)
    noisy = replace(settings, extra={"neftune_noise_alpha": 50.0})
    stopped = train_once(bench, tmp_path / "stopped", noisy, abort_after=2)
    assert stopped.outcome.state is TrialState.INTERRUPTED
    assert train_once(bench, tmp_path / "next", settings).losses == plain.losses


def test_checkpointing_of_activations_ends_with_its_training(
    bench: Workbench, spec: TrialSpec, train_once: Train, tmp_path: Path
) -> None:
    settings = replace(spec, epochs=1, frozen_layers=1)
    embeddings = bench.model.model.get_input_embeddings()
    for name in ("one", "two"):
        saving = replace(settings, extra={"activation_checkpointing": True})
        one = train_once(bench, tmp_path / name, saving)
        assert one.outcome.state is TrialState.FINISHED, one.outcome.reason
        assert not bench.model.model.is_activation_checkpointing
        assert not embeddings._forward_hooks


def test_branches_of_a_compiled_trunk_are_taken_back(
    bench: Workbench, train_once: Train, tmp_path: Path
) -> None:
    trunk = replace(killed_trunk.SPEC, dropout=0.0)
    plain = train_once(bench, tmp_path / "plain", trunk)
    compiled = train_once(bench, tmp_path / "compiled", replace(trunk, extra=COMPILED))
    assert compiled.outcome.state is TrialState.FINISHED, compiled.outcome.reason
    assert compiled.losses == pytest.approx(plain.losses, abs=1e-5)
