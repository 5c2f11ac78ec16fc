"""A forecast is made where a model and PyTorch are there; else a note says why there is none."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from diagnostics import planned_libraries
from diagnostics.subjects.environment import Accelerator, Environment, Host, Library, Torch
from tuner.doctor.forecasts import with_forecast
from tuner.doctor.model_files import model_facts
from tuner.errors import UsageError

MACHINE = Environment(
    source="x",
    python="3.11.9",
    libraries={
        name: Library(name=name, version="1.0") for name in ("torch", "transformers", "accelerate")
    },
    torch=Torch(available=False),
    accelerators=(),
    host=Host(memory_available=8 * 2**30),
)


SIZES = {
    "model_type": "bert",
    "vocab_size": 99,
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 64,
}


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a configuration and a vocabulary: a forecast needs no weights."""
    folder = tmp_path_factory.mktemp("unweighted-bert")
    pieces = [sign + chr(number) for number in range(97, 123) for sign in ("", "##")]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *pieces]
    (folder / "config.json").write_text(json.dumps(SIZES), encoding="utf-8")
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    told = {"tokenizer_class": "BertTokenizer", "model_max_length": 64}
    (folder / "tokenizer_config.json").write_text(json.dumps(told), encoding="utf-8")
    return folder


def planned(model: Path, **plan: object) -> Environment:
    return replace(MACHINE, model=model_facts(str(model)), plan=plan)


def test_a_forecast_of_a_model_with_data(tiny_model: Path, easy_data: Path) -> None:
    found = with_forecast(planned(tiny_model, batch_size=4), str(easy_data))
    told = found.forecast
    assert (told["batch_size"], told["device"], told["precision"]) == (4, "cpu", "fp32")
    assert 0 < told["upper_bytes"] < told["free_bytes"] == 8 * 2**30
    assert told["largest_batch_size"] >= 4
    assert told["epoch_seconds_low"] <= told["epoch_seconds"] <= told["epoch_seconds_high"]
    assert found.notes == ()


def test_without_a_batch_the_largest_is_told(tiny_model: Path) -> None:
    accelerator = Accelerator(
        index=0, name="A10", total_bytes=3 * 2**30, used_bytes=2**30, capability=(8, 6)
    )
    machine = replace(
        planned(tiny_model, max_length=16), accelerators=(accelerator,), torch=Torch(available=True)
    )
    told = with_forecast(machine, None).forecast
    assert told["batch_size"] == told["largest_batch_size"] > 0
    assert (told["device"], told["precision"], told["length"]) == ("cuda", "bf16", 16)
    assert told["free_bytes"] == 2 * 2**30
    assert "epoch_seconds" not in told


def test_an_optimizer_that_is_not_known_is_a_usage_error(tiny_model: Path) -> None:
    with pytest.raises(UsageError):
        with_forecast(planned(tiny_model, optimizer="magic"), None)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"model": {"name": "no/such-model", "local": False}}, "hf download no/such-model"),
        ({"import_faults": {"torch": "OSError: gone"}}, "PyTorch cannot be imported"),
        ({"libraries": {}}, "PyTorch or transformers is missing"),
    ],
)
def test_why_there_is_no_forecast(
    changes: dict[str, object], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    machine = replace(planned(tmp_path), **changes)  # type: ignore[arg-type]
    found = with_forecast(machine, None)
    assert found.forecast == {}
    assert reason in found.notes[0]


def test_a_folder_without_a_model_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"config\.json"):
        with_forecast(planned(tmp_path), None)


def test_a_config_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{", encoding="utf-8")
    found = with_forecast(planned(tmp_path), None)
    assert found.forecast == {}
    assert found.forecast_fault in found.notes[0]


def test_a_config_alone_is_enough_without_data(tiny_model: Path, tmp_path: Path) -> None:
    config = (tiny_model / "config.json").read_text(encoding="utf-8")
    (tmp_path / "config.json").write_text(config, encoding="utf-8")
    found = with_forecast(planned(tmp_path, batch_size=1, max_length=100_000), None)
    assert found.forecast["length"] == 64
    assert found.forecast["batch_size"] == 1
    assert "64 sub-tokens, not the 100000" in found.notes[0]


def test_the_optimizers_are_those_whose_memory_can_be_forecast() -> None:
    from tuner.training.memory_forecast import OPTIMIZERS

    assert set(planned_libraries.OPTIMIZERS) == set(OPTIMIZERS)
