"""A forecast is made where a model and PyTorch are there; else a note says why there is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

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
    machine = replace(planned(tmp_path), **changes)  # type: ignore[arg-type]
    found = with_forecast(machine, None)
    assert found.forecast == {}
    assert reason in found.notes[0]


def test_a_folder_without_a_model_is_said(tmp_path: Path) -> None:
    (found,) = with_forecast(planned(tmp_path), None).notes
    assert "config.json" in found
