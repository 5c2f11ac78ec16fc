"""The best weights, written beside a training as they are when it runs on an accelerator."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import BertConfig, BertForMaskedLM

from tests.tuner.training.conftest import run
from tuner.errors import StudyError
from tuner.training.best_model import BestModel
from tuner.training.fine_tune import Workbench
from tuner.trial import TrialSpec

WEIGHTS = "model.safetensors"

Open = Callable[[Path], BestModel]


@pytest.fixture
def aside(bench: Workbench) -> Open:
    """What a training on an accelerator opens; the writing is the same for all of them."""
    device = replace(bench.device, kind="cuda")
    return lambda folder: BestModel(folder, bench.source.tokenizer, device)


@pytest.fixture
def model() -> BertForMaskedLM:
    size: dict[str, Any] = {"hidden_size": 8, "num_attention_heads": 2, "intermediate_size": 8}
    return BertForMaskedLM(BertConfig(vocab_size=64, num_hidden_layers=1, **size))


@pytest.fixture
def on_accelerator(monkeypatch: pytest.MonkeyPatch) -> None:
    def open_best(folder: Path, tokenizer: Any, device: Any) -> BestModel:
        return BestModel(folder, tokenizer, replace(device, kind="cuda"))

    monkeypatch.setattr("tuner.training.fine_tune.BestModel", open_best)


def test_what_is_kept_are_the_weights_of_that_moment(
    aside: Open, model: BertForMaskedLM, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_write = threading.Event()
    write = BestModel._write

    def write_later(self: BestModel, *arguments: Any) -> None:
        assert may_write.wait(30)
        write(self, *arguments)

    monkeypatch.setattr(BestModel, "_write", write_later)
    before = {name: tensor.clone() for name, tensor in model.named_parameters()}
    best = aside(tmp_path / "best")
    best.keep(model)
    with torch.no_grad():
        for tensor in model.parameters():
            tensor.add_(1.0)
    assert not (tmp_path / "best").exists(), "the training goes on meanwhile"
    may_write.set()
    best.settle()
    kept = load_file(tmp_path / "best" / WEIGHTS)
    assert kept and all(torch.equal(kept[name], before[name]) for name in kept)
    best.close()


def test_tied_weights_are_written_once(aside: Open, model: BertForMaskedLM, tmp_path: Path) -> None:
    best = aside(tmp_path / "best")
    best.keep(model)
    best.close()
    model.save_pretrained(tmp_path / "usual")
    assert load_file(tmp_path / "best" / WEIGHTS).keys() == {
        *load_file(tmp_path / "usual" / WEIGHTS)
    }
    again = BertForMaskedLM.from_pretrained(tmp_path / "best")
    assert all(
        torch.equal(one, other)
        for one, other in zip(model.parameters(), again.parameters(), strict=True)
    )


def test_dropping_waits_for_what_is_being_written(
    aside: Open, model: BertForMaskedLM, tmp_path: Path
) -> None:
    best = aside(tmp_path / "best")
    best.keep(model)
    best.drop()
    best.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("on_accelerator")
def test_a_training_leaves_the_same_folder(
    bench: Workbench, spec: TrialSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = run(bench, tmp_path / "beside", spec)
    monkeypatch.setattr("tuner.training.fine_tune.BestModel", BestModel)
    at_once = run(bench, tmp_path / "at-once", spec)
    assert beside.f1s == at_once.f1s
    files = sorted(path.name for path in (tmp_path / "at-once" / "best").iterdir())
    assert WEIGHTS in files
    for name in files:
        one, other = (tmp_path / folder / "best" / name for folder in ("beside", "at-once"))
        assert one.read_bytes() == other.read_bytes(), name


@pytest.mark.usefixtures("on_accelerator")
def test_no_checkpoint_counts_before_the_best_weights_are_written(
    bench: Workbench, spec: TrialSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(BestModel, "_write", fail)
    monkeypatch.setattr(bench, "checkpoint_every", 0.0)
    with pytest.raises(StudyError, match="The disk is full"):
        run(bench, tmp_path / "run", spec)
    assert not list((tmp_path / "run").rglob("reports.json"))
